package io.gatehouse.core.exchange;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client that has a connection of HTTP/1 for its request alone. */
public final class SocketClient implements ClientPort {
    private static final Buffer NOTHING = Buffer.buffer();
    private static final int STATUS_LINE = "HTTP/1.1 200 \r\n".length();
    private static final int LAST_CHUNK = "0\r\n\r\n".length();
    private static final CharSequence UPGRADE = HttpHeaders.createOptimized("upgrade");

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final ClientLine line;
    private boolean takesTrailers;
    private boolean waitsForContinue;
    private boolean chunked;
    private long framing;

    /** Makes the port of a request. */
    public SocketClient(HttpServerRequest request, ClientLine line) {
        this.request = request;
        this.response = request.response();
        this.line = line;
    }

    /**
     * Answers a request that never becomes an exchange: it was no HTTP, or there is nothing to serve it with. The
     * connection is closed afterwards.
     *
     * @param headers of the answer
     */
    public static void refuse(HttpServerRequest request, ClientLine line, int status, MultiMap headers, Buffer body) {
        line.closeAfterAnswer();
        HttpServerResponse response = request.response().setStatusCode(status);
        response.headers().setAll(headers).set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        response.end(body);
    }

    /** The client said that it reads trailers. */
    public void takesTrailers() {
        takesTrailers = true;
    }

    /** The client holds its body back until it is told to send it. */
    public void waitsForContinue() {
        waitsForContinue = true;
    }

    @Override
    public void sendContinue() {
        if (waitsForContinue && !response.headWritten()) {
            waitsForContinue = false;
            response.writeContinue();
        }
    }

    @Override
    public void head(int status, MultiMap headers, long length, boolean hasBody) {
        MultiMap out = response.headers();
        out.setAll(headers); // all: there may be left-overs of a head that could not be sent
        chunked = false;
        framing = 0;
        response.setStatusCode(status);
        if (waitsForContinue) {
            line.closeAfterAnswer(); // nobody knows whether the body still comes
        }
        boolean old = request.version() == HttpVersion.HTTP_1_0;
        if (hasBody && length >= 0) {
            out.set(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        } else if (hasBody && old) {
            line.closeAfterAnswer(); // the end is where the connection ends
        } else if (hasBody) {
            response.setChunked(true);
            chunked = status != 101;
        }
        if (status == 101) {
            out.set(HttpHeaders.CONNECTION, UPGRADE);
        } else if (line.closesAfterAnswer()) {
            out.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    @Override
    public boolean headSent() {
        return response.headWritten() || response.ended();
    }

    @Override
    public void flushHead() {
        if (response.headWritten() || response.ended()) {
            return;
        }
        if (isEndless()) {
            response.write(NOTHING); // Vert.x sends no bare head of an answer that tells no length
        } else {
            response.writeHead();
        }
    }

    @Override
    public void write(Buffer bytes) {
        if (!response.ended() && !response.closed()) {
            frame(bytes);
            response.write(bytes);
        }
    }

    @Override
    public boolean isFull() {
        return !response.ended() && line.isFull(); // Vert.x's own limit is 16 pieces, whatever their size
    }

    @Override
    public void onDrain(Runnable action) {
        line.onDrain(action);
    }

    @Override
    public void end(@Nullable Buffer last, @Nullable MultiMap trailers, Done done) {
        if (response.ended() || response.closed()) {
            done.sent(false);
            return;
        }
        if (chunked) {
            if (last != null) {
                frame(last);
            }
            framing += LAST_CHUNK;
            if (takesTrailers && trailers != null) {
                add(trailers);
            }
        }
        (last == null ? response.end() : response.end(last)).onComplete(sent -> done.sent(sent.succeeded()));
    }

    @Override
    public void reset() {
        line.cut(response.headWritten() && isEndless());
    }

    /** Whether only the end of the connection tells where the body ends, as for HTTP/1.0 clients. */
    private boolean isEndless() {
        MultiMap head = response.headers();
        return !head.contains(HttpHeaders.CONTENT_LENGTH) && !head.contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private void add(MultiMap trailers) {
        for (Map.Entry<String, String> trailer : trailers) {
            if (TrailerFields.allow(trailer.getKey())) {
                response.trailers().add(trailer.getKey(), trailer.getValue());
            }
        }
        framing += FrozenCompletion.bytes(response.trailers());
    }

    /** Counts the length before a chunk in hexadecimal, and two line ends. */
    private void frame(Buffer chunk) {
        if (chunked && chunk.length() > 0) {
            framing += (35 - Integer.numberOfLeadingZeros(chunk.length())) / 4 + 4;
        }
    }

    @Override
    public MultiMap sentHeaders() {
        return response.headers();
    }

    @Override
    public long bytesWritten() {
        HttpResponseStatus status = StatusLines.of(HttpResponseStatus.valueOf(response.getStatusCode()));
        return STATUS_LINE + status.reasonPhrase().length() + response.bytesWritten() + framing;
    }
}
