package io.gatehouse.core.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** A client on a socket. */
public final class SocketClient implements ClientPort {
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private boolean closeAfterwards;

    /** Makes the port of a request. */
    public SocketClient(HttpServerRequest request) {
        this.request = request;
        this.response = request.response();
    }

    /**
     * Answers a request that never becomes an exchange: it was no HTTP, or there is nothing to serve it with. The
     * connection is closed afterwards.
     *
     * @param body plain text
     */
    public static void refuse(HttpServerRequest request, int status, String serverName, String body) {
        request.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
                .putHeader(HeaderNames.SERVER, serverName)
                .end(body)
                .onComplete(sent -> request.connection().close());
    }

    /** Tells the client that its connection ends with this answer. */
    public void announceClose() {
        closeAfterwards = true;
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }

    /** Tells a client that waits for it to send its body, unless it has an answer already. */
    public void sendContinue() {
        if (!response.headWritten()) {
            response.writeContinue();
        }
    }

    @Override
    public void head(int status, MultiMap headers, long length, boolean hasBody) {
        response.setStatusCode(status);
        response.headers().addAll(headers);
        if (!hasBody) {
            return;
        }
        if (length >= 0) {
            response.headers().set(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        } else if (request.version() == HttpVersion.HTTP_1_0) {
            response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE); // the end is where the connection ends
        } else {
            response.setChunked(true);
        }
    }

    @Override
    public void flushHead() {
        if (!response.headWritten() && !response.ended()) {
            response.writeHead();
        }
    }

    @Override
    public void write(Buffer bytes) {
        if (!response.ended() && !response.closed()) {
            response.write(bytes);
        }
    }

    @Override
    public boolean isFull() {
        return !response.ended() && response.writeQueueFull();
    }

    @Override
    public void onDrain(Runnable action) {
        response.drainHandler(v -> action.run());
    }

    @Override
    public void end(@Nullable Buffer last, @Nullable MultiMap trailers, Runnable done) {
        if (response.ended() || response.closed()) {
            done.run();
            return;
        }
        if (trailers != null && !trailers.isEmpty() && response.isChunked()) {
            response.trailers().addAll(trailers);
        }
        (last == null ? response.end() : response.end(last)).onComplete(v -> {
            if (closeAfterwards) {
                request.connection().close();
            } else if (request.version() == HttpVersion.HTTP_1_0) {
                closeIfEndless();
            }
            done.run();
        });
    }

    @Override
    public void reset() {
        // closing in the middle of a body is what tells an HTTP/1 client that it is not whole
        response.reset();
    }

    @Override
    public long bytesWritten() {
        return response.bytesWritten();
    }

    private void closeIfEndless() {
        if (!response.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            request.connection().close();
        }
    }
}
