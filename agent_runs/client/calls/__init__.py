"""What is asked of the API and what it answers: built and read without any I/O."""
