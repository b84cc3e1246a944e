"""The web page: server-rendered, works without JavaScript, nothing from elsewhere."""
