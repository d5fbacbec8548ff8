"""What Word files are read by: their container, text, properties, styles and numbering."""
