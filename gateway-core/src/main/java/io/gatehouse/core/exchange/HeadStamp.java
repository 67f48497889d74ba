package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.WireText;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The headers that the gateway adds to every answer: {@code Date} where there is none, and what Kong's settings {@code
 * headers} and {@code allow_debug_header} name. An answer counts as proxied once an upstream was to be called, whatever
 * became of it, and when a cache gives what one said before.
 *
 * <p>Immutable; any thread.
 */
public final class HeadStamp {
    private static final CharSequence DEBUG = HttpHeaders.createOptimized("Kong-Debug");

    private final boolean server;
    private final boolean via;
    private final boolean proxyLatency;
    private final boolean upstreamLatency;
    private final boolean responseLatency;
    private final boolean upstreamStatus;
    private final boolean requestId;
    private final boolean requestIdUpstream;
    private final boolean debug;
    private final String product;
    private final String viaHttp1;
    private final String viaHttp2;

    /**
     * @param added the headers to add to answers
     * @param requestIdUpstream whether upstreams get the request id too
     * @param debug whether a request may ask which route and service served it
     * @param product the gateway's name and version
     */
    public HeadStamp(Set<AddedHeader> added, boolean requestIdUpstream, boolean debug, String product) {
        this.server = added.contains(AddedHeader.SERVER);
        this.via = added.contains(AddedHeader.VIA);
        this.proxyLatency = added.contains(AddedHeader.PROXY_LATENCY);
        this.upstreamLatency = added.contains(AddedHeader.UPSTREAM_LATENCY);
        this.responseLatency = added.contains(AddedHeader.RESPONSE_LATENCY);
        this.upstreamStatus = added.contains(AddedHeader.UPSTREAM_STATUS);
        this.requestId = added.contains(AddedHeader.REQUEST_ID);
        this.requestIdUpstream = requestIdUpstream;
        this.debug = debug;
        this.product = product;
        this.viaHttp1 = "1.1 " + product;
        this.viaHttp2 = "2 " + product;
    }

    /** Adds them to the head of an exchange's answer. */
    void stamp(LiveExchange exchange, Response response) {
        MultiMap headers = response.headers();
        LiveAttempt last = exchange.lastAttempt();
        if (response.source() == ResponseSource.CACHE) {
            proxied(headers, viaHttp1, 0, exchange.headNanos(), response.status());
        } else if (last == null || reachedNobody(exchange, last)) {
            made(exchange, headers);
        } else {
            proxied(
                    headers,
                    last.target().http2() ? viaHttp2 : viaHttp1,
                    waited(exchange, last),
                    last.startedAfterNanos(),
                    status(last, response.status()));
        }
        if (!headers.contains(HeaderNames.DATE)) {
            headers.set(HeaderNames.DATE, exchange.loop().date());
        }
        if (requestId) {
            headers.set(HeaderNames.REQUEST_ID, exchange.id());
        }
        if (debug && exchange.original().headers().contains(DEBUG)) {
            debug(exchange, headers);
        }
    }

    /** Adds the request id to what an upstream gets, in the place of whatever a client or plugin says. */
    public void request(MultiMap headers, String id) {
        if (requestIdUpstream) {
            headers.set(HeaderNames.REQUEST_ID, id);
        }
    }

    /** Answers that refuse what is no request, before there is an exchange. */
    public void refusal(MultiMap headers, String id, String date) {
        headers.set(HeaderNames.DATE, date);
        if (server) {
            headers.set(HeaderNames.SERVER, product);
        }
        if (responseLatency) {
            headers.set(HeaderNames.RESPONSE_LATENCY, "0");
        }
        if (requestId) {
            headers.set(HeaderNames.REQUEST_ID, id);
        }
    }

    /** Whether no upstream was found: then there was nobody to be proxied to. */
    private static boolean reachedNobody(LiveExchange exchange, LiveAttempt last) {
        Failure failure = last.failure();
        return failure != null
                && failure.kind() == FailureKind.RESOLVE
                && exchange.attempts().size() == 1;
    }

    private void made(LiveExchange exchange, MultiMap headers) {
        if (responseLatency) {
            headers.set(HeaderNames.RESPONSE_LATENCY, millis(exchange.headNanos()));
        }
        if (via && product.equals(headers.get(HeaderNames.VIA))) {
            return; // a plugin says that the gateway passed on what another server answered
        }
        if (server) {
            headers.set(HeaderNames.SERVER, product);
        } else {
            headers.remove(HeaderNames.SERVER);
        }
    }

    /**
     * @param received what {@code Via} tells of the way that the answer came
     * @param status what the upstream said; 0 for nothing
     */
    private void proxied(MultiMap headers, String received, long upstreamNanos, long gatewayNanos, int status) {
        if (upstreamLatency) {
            headers.set(HeaderNames.UPSTREAM_LATENCY, millis(upstreamNanos));
        }
        if (proxyLatency) {
            headers.set(HeaderNames.PROXY_LATENCY, millis(gatewayNanos));
        }
        if (via) {
            headers.set(
                    HeaderNames.VIA,
                    headers.contains(HeaderNames.VIA)
                            ? String.join(", ", headers.getAll(HeaderNames.VIA)) + ", " + received
                            : received);
        }
        if (server && !headers.contains(HeaderNames.SERVER)) {
            headers.set(HeaderNames.SERVER, product);
        }
        if (upstreamStatus && status > 0) {
            headers.set(HeaderNames.UPSTREAM_STATUS, Integer.toString(status));
        }
    }

    /** What the upstream said; where none came, nginx tells what it made of that: 502 and 504. */
    private static int status(LiveAttempt last, int answered) {
        boolean failed = last.failure() != null && (answered == 502 || answered == 504);
        return last.status() > 0 || !failed ? last.status() : answered;
    }

    /** Until the head came, or it was clear that none would. */
    private static long waited(LiveExchange exchange, LiveAttempt last) {
        if (last.headNanos() >= 0) {
            return last.headNanos();
        }
        return last.endNanos() >= 0 ? last.endNanos() : exchange.headNanos() - last.startedAfterNanos();
    }

    private static void debug(LiveExchange exchange, MultiMap headers) {
        Route route = exchange.route();
        if (route != null) {
            set(headers, "Kong-Route-Id", route.id());
            set(headers, "Kong-Route-Name", route.name());
        }
        Service service = exchange.service();
        if (service != null) {
            set(headers, "Kong-Service-Id", service.id());
            set(headers, "Kong-Service-Name", service.name());
        }
    }

    private static void set(MultiMap headers, String name, @Nullable String value) {
        if (value != null) {
            headers.set(name, WireText.encode(value));
        }
    }

    private static String millis(long nanos) {
        return Long.toString(nanos / 1_000_000);
    }
}
