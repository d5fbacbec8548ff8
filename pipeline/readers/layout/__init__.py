"""Print and strokes on a page flow in, its lines and tables flow out; PDFs and scans share it."""
