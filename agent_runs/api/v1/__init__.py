"""The official Codegen API, as far as its SDK uses it: same paths, same shapes, plus our fields."""
