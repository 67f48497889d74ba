package io.gatehouse.core.server;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.core.exchange.ErrorPages;
import io.gatehouse.core.exchange.ExchangeObserver;
import io.gatehouse.core.exchange.FrozenHead;
import io.gatehouse.core.exchange.HeaderNames;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.exchange.SocketClient;
import io.gatehouse.core.exchange.StreamReader;
import io.gatehouse.core.routing.HttpsRule;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.routing.RouteMatch;
import io.gatehouse.core.routing.UpstreamPath;
import io.gatehouse.core.snapshot.Reloader;
import io.gatehouse.core.snapshot.RoutePlan;
import io.gatehouse.core.snapshot.Snapshot;
import io.gatehouse.core.upstream.HopByHop;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Takes the requests of one event loop: leases the snapshot, finds the route, makes the exchange and starts it. */
final class FrontDoor {
    private final Loop loop;
    private final Reloader reloader;
    private final Traffic traffic;
    private final ExchangeObserver observer;
    private final ErrorPages errors = new ErrorPages();
    private final String via;
    private final String serverName;
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final Map<LiveExchange, Snapshot> live = new HashMap<>();
    private LiveExchange.@Nullable Surroundings surroundings;
    private @Nullable Snapshot surroundingsOf;
    private boolean draining;

    FrontDoor(Loop loop, Reloader reloader, Traffic traffic, ExchangeObserver observer, String version) {
        this.loop = loop;
        this.reloader = reloader;
        this.traffic = traffic;
        this.observer = observer;
        this.via = "1.1 gatehouse/" + version;
        this.serverName = "gatehouse/" + version;
    }

    /** Handles a request whose head Netty found well-formed. */
    void handle(HttpServerRequest request) {
        request.pause();
        Snapshot snapshot = reloader.lease();
        if (snapshot == null) {
            refuse(request, 503, "The gateway has no configuration");
            return;
        }
        traffic.begun();
        HostHeader host = HostHeader.of(request.headers().getAll(HttpHeaders.HOST));
        RequestPath path = RequestPath.of(request.uri());
        boolean good = path != null && (host != null || request.version() == HttpVersion.HTTP_1_0);
        FrozenHead head = head(request, host, path);
        Plan plan = snapshot.unmatched();
        RouteMatch<RoutePlan> match = null;
        if (good && path != null) {
            match = snapshot.routes().match(facts(request, host, path));
            if (match != null) {
                plan = match.payload().plan();
            }
        }
        LiveExchange exchange = open(request, snapshot, head, plan, match);
        StreamReader reader = reader(request);
        if (!good) {
            exchange.answer(errors.gateway(exchange, 400, "Bad request"), reader);
        } else if (match == null || path == null) {
            exchange.answer(errors.gateway(exchange, 404, "no Route matched with those values"), reader);
        } else {
            HttpsRule rule = https(match.payload(), head);
            if (rule != null) {
                exchange.answer(refused(exchange, rule), reader);
            } else {
                exchange.run(request(request, exchange, match, path, host, reader), reader);
            }
        }
    }

    /** Answers a request that Netty could not make sense of. */
    void invalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        boolean tooLarge = cause != null && cause.getClass().getSimpleName().startsWith("TooLong");
        String message = tooLarge ? "Request header or cookie too large" : "Bad request";
        refuse(request, 400, message);
    }

    private void refuse(HttpServerRequest request, int status, String message) {
        String id = LiveExchange.newId(random.nextLong(), random.nextLong());
        SocketClient.refuse(request, status, serverName, message + "\nrequest_id: " + id + "\n");
    }

    private LiveExchange open(
            HttpServerRequest request,
            Snapshot snapshot,
            FrozenHead head,
            Plan plan,
            @Nullable RouteMatch<RoutePlan> match) {
        SocketAddress peer = request.connection().remoteAddress();
        SocketClient client = new SocketClient(request);
        LiveExchange[] self = new LiveExchange[1];
        LiveExchange exchange = new LiveExchange(
                surroundings(snapshot),
                LiveExchange.newId(random.nextLong(), random.nextLong()),
                head,
                peer == null || peer.hostAddress() == null ? "" : peer.hostAddress(),
                tls(request),
                client,
                plan,
                match == null || match.captures() == null
                        ? Map.of()
                        : match.captures().asMap(),
                () -> closed(self[0]));
        self[0] = exchange;
        live.put(exchange, snapshot);
        observer.begun(match != null);
        if (draining || wantsClose(request)) {
            client.announceClose();
        }
        // a connection has one close handler: this one replaces that of the request before
        request.connection().closeHandler(v -> {
            traffic.connectionClosed();
            exchange.clientGone();
        });
        return exchange;
    }

    /** Whether {@code close} is one of several tokens: Vert.x by itself only sees it alone. */
    private static boolean wantsClose(HttpServerRequest request) {
        String connection = request.headers().get(HttpHeaders.CONNECTION);
        return connection != null
                && connection.indexOf(',') >= 0
                && connection.toLowerCase(Locale.ROOT).contains("close");
    }

    private void closed(LiveExchange exchange) {
        Snapshot snapshot = live.remove(exchange);
        if (snapshot != null) {
            traffic.ended();
            snapshot.release();
        }
    }

    private LiveExchange.Surroundings surroundings(Snapshot snapshot) {
        LiveExchange.Surroundings known = surroundings;
        if (known == null || surroundingsOf != snapshot) {
            known = new LiveExchange.Surroundings(
                    loop, errors, observer, snapshot.directory(), snapshot.retiring(), via, serverName);
            surroundings = known;
            surroundingsOf = snapshot;
        }
        return known;
    }

    private static FrozenHead head(HttpServerRequest request, @Nullable HostHeader host, @Nullable RequestPath path) {
        String query =
                path == null || path.query().isEmpty() ? null : path.query().substring(1);
        return new FrozenHead(
                request.method(),
                request.isSSL() ? "https" : "http",
                host == null ? "" : host.value(),
                request.uri(),
                path == null ? request.uri() : path.path(),
                query,
                request.headers(),
                request.version() == HttpVersion.HTTP_1_0 ? "HTTP/1.0" : "HTTP/1.1");
    }

    private static HttpFacts facts(HttpServerRequest request, @Nullable HostHeader host, RequestPath path) {
        return new HttpFacts(
                request,
                host == null ? "" : host.name(),
                host == null ? -1 : host.port(),
                request.connection().localAddress().port(),
                path.path(),
                request.isSSL());
    }

    private static @Nullable HttpsRule https(RoutePlan plan, FrozenHead head) {
        if (!plan.httpsOnly()) {
            return null;
        }
        int colon = head.host().lastIndexOf(':');
        String name = colon < 0 || head.host().endsWith("]")
                ? head.host()
                : head.host().substring(0, colon);
        return HttpsRule.decide(true, plan.httpsRedirectStatus(), head.scheme(), name, head.uri());
    }

    private Response refused(LiveExchange exchange, HttpsRule rule) {
        if (rule instanceof HttpsRule.Redirect redirect) {
            Response response = Response.from(
                    io.gatehouse.api.ResponseSource.GATEWAY,
                    redirect.status(),
                    HttpHeaders.headers(),
                    Body.empty(),
                    null);
            response.headers().set(HttpHeaders.LOCATION, redirect.location());
            return response;
        }
        HttpsRule.UpgradeRequired upgrade = (HttpsRule.UpgradeRequired) rule;
        Response response = errors.gateway(exchange, HttpsRule.UPGRADE_REQUIRED, HttpsRule.UPGRADE_MESSAGE);
        response.headers().set(HttpHeaders.CONNECTION, upgrade.connection());
        response.headers().set(HttpHeaders.UPGRADE, upgrade.upgrade());
        return response;
    }

    /** The client's body, or null when the request has none. */
    private @Nullable StreamReader reader(HttpServerRequest request) {
        if (!hasBody(request)) {
            request.resume(); // so that its end is seen
            return null;
        }
        StreamReader reader = new StreamReader(
                request,
                new StreamReader.Valve() {
                    @Override
                    public void open() {
                        request.resume();
                    }

                    @Override
                    public void shut() {
                        request.pause();
                    }
                },
                false,
                new Leftovers(request),
                loop.sweeper(),
                0,
                e -> Failure.of(
                        e instanceof io.vertx.core.http.HttpClosedException
                                ? FailureKind.CLIENT_GONE
                                : FailureKind.INVALID_REQUEST,
                        e));
        String expect = request.getHeader(HttpHeaders.EXPECT);
        if (expect != null && expect.equalsIgnoreCase("100-continue")) {
            reader.beforeFirstRead(new SocketClient(request)::sendContinue);
        }
        return reader;
    }

    private static boolean hasBody(HttpServerRequest request) {
        MultiMap headers = request.headers();
        String length = headers.get(HttpHeaders.CONTENT_LENGTH);
        return length != null ? !length.equals("0") : headers.contains(HttpHeaders.TRANSFER_ENCODING);
    }

    private Request request(
            HttpServerRequest in,
            LiveExchange exchange,
            RouteMatch<RoutePlan> match,
            RequestPath path,
            @Nullable HostHeader host,
            @Nullable StreamReader reader) {
        MultiMap headers = HopByHop.fromClient(in.headers());
        forwarded(headers, in, exchange, match, path, host);
        RoutePlan plan = match.payload();
        if (plan.preserveHost() && host != null) {
            headers.set(HttpHeaders.HOST, host.value());
        }
        String uri = match.upstreamPath(plan.servicePath(), path.path());
        Body body = Body.empty();
        if (reader != null) {
            String length = in.headers().get(HttpHeaders.CONTENT_LENGTH);
            body = Body.of(reader, length == null ? -1 : Long.parseLong(length));
        }
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        return new Request(exchange, in.method(), path.query().isEmpty() ? uri : uri + path.query(), headers, body);
    }

    /** Tells the upstream where the request came from. No peer is trusted: what a client says of itself is replaced. */
    private void forwarded(
            MultiMap headers,
            HttpServerRequest in,
            LiveExchange exchange,
            RouteMatch<RoutePlan> match,
            RequestPath path,
            @Nullable HostHeader host) {
        String peer = exchange.clientAddress();
        String before = String.join(", ", in.headers().getAll("X-Forwarded-For"));
        headers.set("X-Real-IP", peer);
        headers.set("X-Forwarded-For", before.isEmpty() ? peer : before + ", " + peer);
        headers.set("X-Forwarded-Proto", exchange.original().scheme());
        headers.set("X-Forwarded-Host", host == null ? "" : host.name().toLowerCase(Locale.ROOT));
        headers.set(
                "X-Forwarded-Port",
                Integer.toString(in.connection().localAddress().port()));
        headers.set("X-Forwarded-Path", UpstreamPath.escape(path.raw()));
        String prefix = match.forwardedPrefix();
        if (prefix == null) {
            headers.remove("X-Forwarded-Prefix");
        } else {
            headers.set("X-Forwarded-Prefix", prefix);
        }
        String earlier = String.join(", ", in.headers().getAll(HeaderNames.VIA));
        headers.set(HeaderNames.VIA, earlier.isEmpty() ? via : earlier + ", " + via);
        headers.set(HeaderNames.REQUEST_ID, exchange.id());
    }

    private static Completion.@Nullable TlsFacts tls(HttpServerRequest request) {
        if (!request.isSSL()) {
            return null;
        }
        SSLSession session = request.connection().sslSession();
        return session == null ? null : new Completion.TlsFacts(session.getProtocol(), session.getCipherSuite());
    }

    /** From now on every answer closes its connection. */
    void drain() {
        draining = true;
    }

    /** Aborts what is left, or what is left of one snapshot. */
    void abort(@Nullable Snapshot of, String reason) {
        List<LiveExchange> doomed = new ArrayList<>();
        for (Map.Entry<LiveExchange, Snapshot> entry : live.entrySet()) {
            if (of == null || entry.getValue() == of) {
                doomed.add(entry.getKey());
            }
        }
        doomed.forEach(exchange -> exchange.abort(reason));
    }

    /** What becomes of a request body that nobody wants to the end: some of it is read so that the connection lives on. */
    private static final class Leftovers implements StreamReader.Owner {
        private static final long LIMIT = 1024 * 1024;

        private final HttpServerRequest request;

        Leftovers(HttpServerRequest request) {
            this.request = request;
        }

        @Override
        public void ended(BodyEnd end) {
            // the exchange hears of it through its reader
        }

        @Override
        public void cancelled() {
            if (request.isEnded()) {
                return;
            }
            long[] left = {LIMIT};
            request.handler(buffer -> {
                left[0] -= buffer.length();
                if (left[0] < 0) {
                    request.connection().close();
                }
            });
            request.endHandler(v -> {});
            request.exceptionHandler(e -> {});
            request.resume();
        }
    }
}
