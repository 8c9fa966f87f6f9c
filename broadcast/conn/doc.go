// Package conn holds the connections of subscribers: WebSockets (RFC 6455, with permessage-deflate of RFC 7692) and
// event streams. It frames messages, writes several of them with one system call, keeps what the kernel did not
// take, reads clients' frames, and closes. It knows nothing of quotes, budgets or shards: see Owner.
//
// Where a connection is plain TCP on linux it is served by epoll and costs no goroutine. TLS, HTTP/2, net.Pipe and
// other systems cost two goroutines a connection, one that writes and one that reads.
package conn
