//! The HTTP client: key, paging, retries, rate limits. The only place that speaks HTTP.
