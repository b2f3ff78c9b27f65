"""The official Codegen API: the same paths and shapes, plus our own fields."""
