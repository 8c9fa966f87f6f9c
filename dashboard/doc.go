// Package dashboard is the one HTTP server: the page and its assets, the board's transports, the
// symbol search, health and metrics. It bounds the connections that are no subscribers, and whatever one
// of them does ends in time. Its folder web holds the page's source; dist is what Vite
// makes of it, embedded here.
package dashboard
