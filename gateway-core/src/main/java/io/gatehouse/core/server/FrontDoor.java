package io.gatehouse.core.server;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HiddenDots;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.core.exchange.ClientPort;
import io.gatehouse.core.exchange.ErrorPages;
import io.gatehouse.core.exchange.ExchangeObserver;
import io.gatehouse.core.exchange.FrozenHead;
import io.gatehouse.core.exchange.HeadStamp;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.exchange.Pace;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.exchange.StreamReader;
import io.gatehouse.core.routing.ProtocolRule;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.routing.RouteMatch;
import io.gatehouse.core.routing.UpstreamPath;
import io.gatehouse.core.service.MemoryGuard;
import io.gatehouse.core.snapshot.Reloader;
import io.gatehouse.core.snapshot.RoutePlan;
import io.gatehouse.core.snapshot.Snapshot;
import io.gatehouse.core.upstream.HopByHop;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Takes the requests of one event loop: leases the snapshot, finds the route, makes the exchange and starts it. */
final class FrontDoor {
    /** As metrics call it. */
    static final String TOO_MANY = "exchanges";

    private final Loop loop;
    private final Reloader reloader;
    private final Traffic traffic;
    private final ExchangeObserver observer;
    private final Limits limits;
    private final Pace bodyPace;
    private final Forwarding forwarding;
    private final MemoryGuard memory;
    private final ErrorPages errors;
    private final HeadStamp stamp;
    private final String via;
    private final String viaHttp2;
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final Map<LiveExchange, Snapshot> live = new HashMap<>();
    private LiveExchange.@Nullable Surroundings surroundings;
    private @Nullable Snapshot surroundingsOf;

    FrontDoor(
            Loop loop,
            Reloader reloader,
            Traffic traffic,
            ExchangeObserver observer,
            Limits limits,
            Forwarding forwarding,
            Answers answers,
            MemoryGuard memory,
            String version) {
        this.loop = loop;
        this.limits = limits;
        this.bodyPace = limits.bodyPace();
        this.forwarding = forwarding;
        this.memory = memory;
        this.reloader = reloader;
        this.traffic = traffic;
        this.observer = observer;
        this.errors = answers.errors();
        this.stamp = answers.stamp();
        this.via = "1.1 gatehouse/" + version;
        this.viaHttp2 = "2 gatehouse/" + version;
    }

    /** Handles a request of HTTP/1 whose head came whole. */
    void handle(HttpServerRequest request) {
        handle(ClientConnection.of(request).begins(request));
    }

    /** Handles a request whose head came whole. */
    void handle(ClientSide request) {
        Snapshot snapshot = reloader.lease();
        if (snapshot == null) {
            refuse(request, 503, "The gateway has no configuration");
            return;
        }
        traffic.begun();
        StrictHead strict = StrictHead.of(request);
        Peer peer = request.peer(forwarding);
        Origin origin = forwarding.client(peer, request.headers());
        FrozenHead head = head(request, strict, forwarding.port(peer, request.headers()));
        Plan plan = snapshot.unmatched();
        RequestPath path = strict.path();
        RouteMatch<RoutePlan> match = null;
        if (strict.refusal() == null && path != null) {
            match = snapshot.routes().match(new HttpFacts(request, strict.host(), peer, origin, path));
            if (match != null) {
                plan = match.payload().plan();
            }
        }
        ClientPort client = request.port(strict);
        LiveExchange exchange = open(request, origin, client, snapshot, head, plan, match);
        boolean converses = match != null && match.payload().serves().isGrpc();
        if (converses) {
            request.converses();
        }
        StreamReader reader = reader(request, client, strict, !converses);
        Refusal refusal = strict.length() > limits.maxBodyBytes()
                ? Refusal.BODY_TOO_LARGE
                : uncoversDots(match, path) ? Refusal.BAD_REQUEST : strict.refusal();
        MemoryGuard.Shortage shortage = memory.shortage();
        if (refusal != null) {
            request.distrust();
            exchange.answer(errors.core(exchange, refusal.status(), refusal.text()), reader);
        } else if (match == null || path == null) {
            exchange.answer(errors.gateway(exchange, 404, "no Route matched with those values"), reader);
        } else if (shortage != null) {
            // counted and logged as any request, but none of its body is kept and no plugin acts on it
            observer.shed(shortage.label());
            exchange.answer(errors.overloaded(exchange, "short of " + shortage.label()), reader);
        } else if (traffic.inFlight() > limits.exchanges()) {
            observer.shed(TOO_MANY);
            exchange.answer(
                    errors.overloaded(exchange, "more than " + limits.exchanges() + " exchanges at a time"), reader);
        } else {
            ProtocolRule rule = rule(match.payload(), peer, head, strict.host());
            if (rule != null) {
                exchange.answer(refused(exchange, rule), reader);
            } else {
                exchange.run(request(request, exchange, peer, match, path, strict, reader), reader);
            }
        }
    }

    /** Whether cutting off what the route has matched leaves a dot segment that only others would see. */
    private static boolean uncoversDots(@Nullable RouteMatch<RoutePlan> match, @Nullable RequestPath path) {
        return match != null
                && path != null
                && match.cutsSegment(path.path())
                && HiddenDots.in(match.upstreamPath(match.payload().servicePath(), path.path()));
    }

    /** Answers what is no request that could be served: not HTTP as it is spoken here, too large, or too slow. */
    void invalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        Refusal why = cause instanceof Refusal.Refused refused
                ? refused.why()
                : cause instanceof TooLongHttpLineException
                        ? Refusal.URI_TOO_LONG
                        : cause instanceof TooLongHttpHeaderException ? Refusal.TOO_LARGE : Refusal.BAD_REQUEST;
        invalid(ClientConnection.of(request).begins(request), why);
    }

    /** Answers what is no request that could be served. */
    void invalid(ClientSide request, Refusal why) {
        refuse(request, why.status(), why.text());
    }

    /** Counts what was no request at all, or was given up before it began, and could not be answered. */
    void malformed() {
        observer.refused();
    }

    /** The time as the header {@code Date} has it. */
    String date() {
        return loop.date();
    }

    private void refuse(ClientSide request, int status, String message) {
        observer.refused();
        String id = LiveExchange.newId(random.nextLong(), random.nextLong());
        MultiMap headers = HttpHeaders.headers();
        stamp.refusal(headers, id, loop.date());
        Buffer body = errors.refusal(request.headers(), id, message, headers);
        request.refuse(status, headers, body);
    }

    private LiveExchange open(
            ClientSide request,
            Origin origin,
            ClientPort client,
            Snapshot snapshot,
            FrozenHead head,
            Plan plan,
            @Nullable RouteMatch<RoutePlan> match) {
        LiveExchange[] self = new LiveExchange[1];
        LiveExchange exchange = new LiveExchange(
                surroundings(snapshot),
                LiveExchange.newId(random.nextLong(), random.nextLong()),
                head,
                origin.address(),
                tls(request),
                client,
                plan,
                match == null || match.captures() == null
                        ? Map.of()
                        : match.captures().asMap(),
                () -> closed(self[0], request));
        self[0] = exchange;
        live.put(exchange, snapshot);
        observer.begun(match != null);
        request.serves(exchange);
        return exchange;
    }

    private void closed(LiveExchange exchange, ClientSide request) {
        request.served();
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
                    loop, errors, observer, snapshot.directory(), snapshot.retiring(), stamp);
            surroundings = known;
            surroundingsOf = snapshot;
            snapshot.retiring().onComplete(retired -> loop.run(() -> forget(snapshot)));
        }
        return known;
    }

    /** Else a loop that nobody calls would keep a retired snapshot, and the classes of its plugins, for ever. */
    private void forget(Snapshot retired) {
        if (surroundingsOf == retired) {
            surroundings = null;
            surroundingsOf = null;
        }
    }

    private static FrozenHead head(ClientSide request, StrictHead strict, int port) {
        HostHeader host = strict.host();
        RequestPath path = strict.path();
        String query =
                path == null || path.query().isEmpty() ? null : path.query().substring(1);
        return new FrozenHead(
                request.method(),
                request.tls() ? "https" : "http",
                host == null ? "" : host.value(),
                strict.target(),
                path == null ? strict.target() : path.path(),
                query,
                request.headers(),
                switch (request.version()) {
                    case HTTP_1_0 -> "HTTP/1.0";
                    case HTTP_1_1 -> "HTTP/1.1";
                    case HTTP_2 -> "HTTP/2";
                },
                port);
    }

    private @Nullable ProtocolRule rule(RoutePlan plan, Peer peer, FrozenHead head, @Nullable HostHeader host) {
        MultiMap said = head.headers();
        return switch (plan.serves()) {
            case HTTP -> null;
            case HTTPS_ONLY ->
                ProtocolRule.https(
                        plan.httpsRedirectStatus(),
                        forwarding.proto(peer, said, head.scheme()),
                        forwarding.host(peer, said, host),
                        head.uri());
            case GRPC, GRPCS_ONLY ->
                ProtocolRule.grpc(
                        plan.serves() == ProtocolRule.Served.GRPCS_ONLY,
                        said.get(HttpHeaders.CONTENT_TYPE),
                        head.protocol().equals("HTTP/2"),
                        forwarding.proto(peer, said, head.scheme()));
        };
    }

    private Response refused(LiveExchange exchange, ProtocolRule rule) {
        if (rule instanceof ProtocolRule.Redirect redirect) {
            return bare(redirect.status(), HttpHeaders.headers().set(HttpHeaders.LOCATION, redirect.location()));
        }
        if (rule instanceof ProtocolRule.GrpcError error) {
            return bare(
                    200,
                    HttpHeaders.headers()
                            .set(HttpHeaders.CONTENT_TYPE, "application/grpc")
                            .set("grpc-status", Integer.toString(error.status()))
                            .set("grpc-message", error.message()));
        }
        if (rule instanceof ProtocolRule.NotGrpc refusal) {
            return errors.gateway(exchange, 415, refusal.message());
        }
        ProtocolRule.UpgradeRequired upgrade = (ProtocolRule.UpgradeRequired) rule;
        Response response = errors.gateway(exchange, 426, upgrade.message());
        response.headers().set(HttpHeaders.CONNECTION, "Upgrade");
        response.headers().set(HttpHeaders.UPGRADE, upgrade.upgrade());
        return response;
    }

    private static Response bare(int status, MultiMap headers) {
        return Response.from(ResponseSource.GATEWAY, status, headers, Body.empty(), null);
    }

    /** The client's body, or null when the request has none. */
    private @Nullable StreamReader reader(ClientSide request, ClientPort client, StrictHead strict, boolean paced) {
        boolean tunnel = request.upgrades();
        if (!strict.hasBody() && !tunnel) {
            return null;
        }
        ReadStream<Buffer> body = request.body().pause();
        StreamReader reader = new StreamReader(
                body,
                new StreamReader.Valve() {
                    @Override
                    public void open() {
                        body.resume();
                    }

                    @Override
                    public void shut() {
                        body.pause();
                    }
                },
                false,
                new ClientBody(request),
                loop.sweeper(),
                tunnel ? 0 : limits.bodyNanos(),
                e -> Failure.of(FailureKind.CLIENT_GONE, e)); // what is not HTTP does not come so far
        reader.limit(tunnel ? Long.MAX_VALUE : limits.maxBodyBytes(), FailureKind.INVALID_REQUEST);
        if (paced && !tunnel) {
            reader.pace(bodyPace);
        }
        if (strict.expectsContinue()) {
            reader.beforeFirstRead(client::sendContinue);
        }
        return reader;
    }

    private Request request(
            ClientSide in,
            LiveExchange exchange,
            Peer peer,
            RouteMatch<RoutePlan> match,
            RequestPath path,
            StrictHead strict,
            @Nullable StreamReader reader) {
        HostHeader host = strict.host();
        MultiMap headers = HopByHop.fromClient(in.headers());
        forwarding.write(
                headers,
                in.headers(),
                peer,
                exchange.clientAddress(),
                exchange.original().scheme(),
                host,
                UpstreamPath.escape(path.raw()),
                match.forwardedPrefix());
        Forwarding.via(headers, in.headers(), in.version() == HttpVersion.HTTP_2 ? viaHttp2 : via);
        stamp.request(headers, exchange.id());
        RoutePlan plan = match.payload();
        if (plan.preserveHost() && host != null) {
            headers.set(HttpHeaders.HOST, host.value());
        }
        String uri = match.upstreamPath(plan.servicePath(), path.path());
        Body body = Body.empty();
        if (in.upgrades()) {
            exchange.offersUpgrade(); // what the reader reads is a tunnel's, not the request's
            headers.set(HttpHeaders.UPGRADE, "websocket");
        } else if (reader != null) {
            body = Body.of(reader, strict.length());
        }
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        return new Request(exchange, in.method(), path.query().isEmpty() ? uri : uri + path.query(), headers, body);
    }

    private static Completion.@Nullable TlsFacts tls(ClientSide request) {
        if (!request.tls()) {
            return null;
        }
        SSLSession session = request.connection().sslSession();
        return session == null ? null : new Completion.TlsFacts(session.getProtocol(), session.getCipherSuite());
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

    /** What a request body means for its client. */
    private record ClientBody(ClientSide request) implements StreamReader.Owner {
        @Override
        public void ended(BodyEnd end) {
            Failure failure = end.failure();
            if (failure != null && failure.kind() == FailureKind.TIMEOUT) {
                request.requestBroken(Refusal.TOO_SLOW, "body_timeout");
            } else if (failure != null && failure.kind() == FailureKind.INVALID_REQUEST) {
                request.requestBroken(Refusal.BODY_TOO_LARGE, "body_too_large");
            }
        }

        @Override
        public void cancelled() {
            request.discardRest();
        }

        @Override
        public @Nullable MultiMap trailers() {
            return request.trailers();
        }
    }
}
