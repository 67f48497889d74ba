package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What a throwable of the HTTP client means. */
final class Failures {
    private Failures() {}

    static Failure connecting(Throwable e) {
        return Failure.of(
                e instanceof UnknownHostException
                        ? FailureKind.RESOLVE
                        : e instanceof ConnectTimeoutException || e instanceof TimeoutException
                                ? FailureKind.CONNECT_TIMEOUT
                                : e instanceof ConnectionPoolTooBusyException
                                        ? FailureKind.OVERLOADED
                                        : e instanceof SSLException || e.getCause() instanceof SSLException
                                                ? FailureKind.TLS
                                                : FailureKind.CONNECT,
                e);
    }

    static Failure exchanging(Throwable e) {
        return Failure.of(
                e instanceof TimeoutException
                        ? FailureKind.TIMEOUT
                        : e instanceof HttpClosedException
                                        || e instanceof StreamResetException
                                        || (e instanceof IOException && !(e instanceof SSLException))
                                ? FailureKind.RESET
                                : e instanceof DecoderException || e instanceof IllegalArgumentException
                                        ? FailureKind.INVALID_RESPONSE
                                        : FailureKind.RESET,
                e);
    }
}
