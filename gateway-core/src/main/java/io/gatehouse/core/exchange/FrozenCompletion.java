package io.gatehouse.core.exchange;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An exchange at its end. */
final class FrozenCompletion implements Completion {
    /** nginx's status for a client that left before it got an answer. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    private static final int REQUEST_LINE = "  HTTP/1.1\r\n".length();
    private static final int LINE_END = 2;

    private final LiveExchange exchange;
    private final Outcome outcome;
    private final int status;
    private final ResponseSource source;
    private final MultiMap headers;
    private final long requestBytes;
    private final long responseBytes;
    private final Timings timings;
    private final List<Attempt> attempts;
    private final List<AiCall> aiCalls;
    private final Attributes attributes = new Attributes();

    FrozenCompletion(LiveExchange exchange, Outcome outcome) {
        this.exchange = exchange;
        this.outcome = outcome;
        this.timings = exchange.timings();
        this.attempts = List.copyOf(exchange.attempts());
        this.aiCalls = List.copyOf(exchange.aiCalls());
        Response response = exchange.finisher().committed();
        if (response == null) {
            this.status = outcome.kind() == Outcome.Kind.CLIENT_GONE ? CLIENT_CLOSED_REQUEST : 503;
            this.source = ResponseSource.GATEWAY;
            this.headers = HttpHeaders.headers();
            this.responseBytes = 0;
        } else {
            this.status = response.status();
            this.source = response.source();
            ClientPort client = exchange.finisher().client();
            this.headers = client.sentHeaders();
            this.responseBytes = client.bytesWritten() + bytes(headers) + LINE_END;
        }
        RequestHead head = exchange.original();
        StreamReader reader = exchange.requestReader();
        this.requestBytes = (reader == null ? 0 : reader.bytes())
                + head.method().name().length()
                + head.uri().length()
                + REQUEST_LINE
                + bytes(head.headers())
                + LINE_END;
    }

    /** Header lines as they are on the wire: name, colon, space, value, line end. */
    static long bytes(MultiMap headers) {
        long bytes = 0;
        for (Map.Entry<String, String> header : headers) {
            bytes += header.getKey().length() + header.getValue().length() + 4L;
        }
        return bytes;
    }

    @Override
    public Exchange exchange() {
        return exchange;
    }

    @Override
    public Outcome outcome() {
        return outcome;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public ResponseSource source() {
        return source;
    }

    @Override
    public MultiMap responseHeaders() {
        return headers;
    }

    @Override
    public long requestBytes() {
        return requestBytes;
    }

    @Override
    public long responseBytes() {
        return responseBytes;
    }

    @Override
    public Timings timings() {
        return timings;
    }

    @Override
    public List<Attempt> attempts() {
        return attempts;
    }

    @Override
    public List<AiCall> aiCalls() {
        return aiCalls;
    }

    @Override
    public Map<String, Object> logFields() {
        return exchange.logFields();
    }

    @Override
    public Redaction redaction() {
        return exchange.redaction();
    }

    @Override
    public Attributes attributes() {
        return attributes;
    }

    @Override
    public Completion.@Nullable TlsFacts tls() {
        return exchange.tls();
    }
}
