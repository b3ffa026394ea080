"""OpenMage / Magento 1 REST (`/api/rest`) and its OAuth 1.0a endpoints (`/oauth/…`, `/admin/oauth_authorize`)."""
