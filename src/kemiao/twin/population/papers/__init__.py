"""What the world writes about a company: one module a desk, each from the city to papers."""
