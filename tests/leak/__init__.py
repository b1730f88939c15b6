"""A model that obeys everybody, people who may not see everything, and whether anything gets out."""
