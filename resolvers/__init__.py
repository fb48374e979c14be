"""Every use case, once: the faces (``schema``, ``admin_ui``, ``workers``) call these and hold no policy."""
