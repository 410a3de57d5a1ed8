"""The routes of the API and the pages, a file for each resource."""
