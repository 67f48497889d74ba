package io.gatehouse.api;

/** What went wrong on the way to a response, or within its body. */
public enum FailureKind {
    /** The name of the upstream did not resolve. */
    RESOLVE,
    /** The upstream refused the connection or was unreachable. */
    CONNECT,
    /** The connection was not there within the connect time-out. */
    CONNECT_TIMEOUT,
    /** The TLS handshake failed; nothing of the request was sent. */
    TLS,
    /** No connection was free and the queue for one was full. */
    OVERLOADED,
    /** The upstream closed or reset the connection. */
    RESET,
    /** Nothing was read or written within the read or write time-out. */
    TIMEOUT,
    /** The upstream's answer was not valid HTTP, or not what it announced. */
    INVALID_RESPONSE,
    /** The client went away. */
    CLIENT_GONE,
    /** The client's request body broke off or was not valid HTTP. */
    INVALID_REQUEST,
    /** The attempt was cancelled: by a plugin, or since nobody wanted its response any more. */
    CANCELLED,
    /** The exchange's deadline passed. */
    DEADLINE,
    /** The gateway shut down. */
    SHUTDOWN,
    /** A plugin threw, returned null, failed, or did not answer within its time limit. */
    PLUGIN
}
