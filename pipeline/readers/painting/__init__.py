"""What PDFs are read by: what their pages paint, and what of it is seen."""
