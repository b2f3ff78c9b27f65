"""The SDK: a blocking and an async client of one design, for our API and the hosted one."""
