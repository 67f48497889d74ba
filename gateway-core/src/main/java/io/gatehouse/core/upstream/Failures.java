package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.core.service.Reason;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
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
        if (e instanceof SSLException || e.getCause() instanceof SSLException) {
            return Failure.of(FailureKind.TLS, Reason.of(e));
        }
        return Failure.of(
                e instanceof UnknownHostException
                        ? FailureKind.RESOLVE
                        : e instanceof ConnectTimeoutException || e instanceof TimeoutException
                                ? FailureKind.CONNECT_TIMEOUT
                                : e instanceof ConnectionPoolTooBusyException
                                        ? FailureKind.OVERLOADED
                                        : FailureKind.CONNECT,
                e);
    }

    static Failure exchanging(Throwable e) {
        if (e instanceof DecoderException && e.getCause() instanceof SSLException) {
            // an upstream refuses our certificate, or the lack of one, when the handshake is over for us
            return Failure.of(FailureKind.TLS, Reason.of(e));
        }
        return Failure.of(
                e instanceof TimeoutException
                        ? FailureKind.TIMEOUT
                        : e instanceof HttpClosedException
                                        || e instanceof StreamResetException
                                        || isClosedStream(e)
                                        || (e instanceof IOException && !(e instanceof SSLException))
                                ? FailureKind.RESET
                                : e instanceof DecoderException
                                                || e instanceof Http2Exception
                                                || e instanceof IllegalArgumentException
                                        ? FailureKind.INVALID_RESPONSE
                                        : FailureKind.RESET,
                e);
    }

    /** Whether it is a write that came to nothing since the stream was over by then. */
    private static boolean isClosedStream(Throwable e) {
        return e instanceof Http2Exception http2 && http2.error() == Http2Error.STREAM_CLOSED;
    }
}
