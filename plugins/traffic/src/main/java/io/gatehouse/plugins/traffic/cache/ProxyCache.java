package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.plugins.support.MediaType;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Kong's proxy-cache, with single flight and {@code Vary}. */
final class ProxyCache implements Plugin {
    /** The longest answer that is kept. */
    static final long MAX_ANSWER = 4L << 20;

    /** How long a request waits for another one's answer before it asks by itself. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** How often a request waits for another one that then comes to nothing. */
    private static final int MAX_WAITS = 3;

    /** For how long nobody waits after an answer that could not be kept. */
    private static final long NOT_CACHEABLE_MILLIS = 10_000;

    /** What a request says that wants an answer for itself: a part, or nothing when it has it already. */
    private static final List<String> CONDITIONS =
            List.of("Range", "If-Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since");

    private static final String STATUS = "X-Cache-Status";
    private static final String KEY = "X-Cache-Key";
    private static final Set<String> NOT_KEPT = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailers",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length",
            "age",
            "x-cache-status",
            "x-cache-key");

    private final ProxyCacheConfig config;
    private final PluginContext context;
    private final Clock clock;
    private final ResponseStore store;
    private final @Nullable SharedAnswers shared;
    private final Set<Integer> statuses;
    private final Set<String> methods;
    private final List<MediaType> types = new ArrayList<>();

    /** Keeps answers in this memory, or, when they are shared, only what is of use to this node alone. */
    ProxyCache(ProxyCacheConfig config, PluginContext context, ResponseStore store, @Nullable SharedAnswers shared) {
        this.config = config;
        this.context = context;
        this.clock = context.clock();
        this.store = store;
        this.shared = shared;
        this.statuses = Set.copyOf(config.responseCode());
        this.methods = Set.copyOf(config.requestMethod());
        for (String type : config.contentType()) {
            types.add(Objects.requireNonNull(MediaType.of(type), type));
        }
    }

    /** What is known of a request from its head. */
    private final class Asked {
        private final Request request;
        private final Next next;
        private final Directives directives;
        private final String key;
        private final boolean debug;

        /** As this plugin found them. */
        private CacheKey.Headers headers;

        private String status = "Miss";
        private int waits;
        private SharedAnswers.@Nullable Looked looked;
        private long landed;
        private boolean lookedTwice;
        private boolean keeping;

        private Asked(Request request, Next next, Directives directives) {
            Exchange exchange = request.exchange();
            this.request = request;
            this.next = next;
            this.headers = CacheKey.Headers.of(request);
            this.directives = directives;
            this.key = CacheKey.of(request, config);
            this.debug = exchange.original().headers().contains("Kong-Debug");
        }

        /** Whether the answer to this request is one for all who ask the same. */
        private boolean mayShare() {
            HttpMethod method = request.exchange().original().method();
            MultiMap original = request.exchange().original().headers();
            return (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))
                    && CONDITIONS.stream().noneMatch(original::contains);
        }

        /** Answers with what is kept, waits for who asks the same, or asks. */
        private Future<Response> look() {
            return shared == null ? lookHere() : lookThere(shared);
        }

        private Future<Response> lookHere() {
            long now = clock.millis();
            String at = key;
            Kept kept = store.get(at, now);
            if (kept instanceof Kept.Variants variants) {
                at = CacheKey.variant(key, variants.id(), variants.names(), headers);
                kept = store.get(at, now);
            }
            return decided(at, kept, now);
        }

        private Future<Response> lookThere(SharedAnswers there) {
            landed = store.landed();
            return request.exchange().adopt(there.look(key, headers)).transform(done -> {
                if (request.exchange().ended()) {
                    return next.proceed(request);
                }
                if (done.failed()) { // the gateway logs why, once and not for each request
                    return pass();
                }
                long now = clock.millis();
                SharedAnswers.Looked found = done.result();
                looked = found;
                return decided(found.at(), found.kept() != null ? found.kept() : store.get(found.at(), now), now);
            });
        }

        private Future<Response> decided(String at, @Nullable Kept kept, long now) {
            if (kept instanceof Kept.Answer answer) {
                if (isGood(answer, now)) {
                    return shared == null || holds(answer) ? Response.done(hit(answer, now)) : pass();
                }
                status = "Refresh";
            } else if (config.cacheControl() && directives.has("only-if-cached")) {
                return notCached();
            }
            if (kept instanceof Kept.NotCacheable || waits == MAX_WAITS || !mayShare()) {
                return ask(new Flight(), at);
            }
            Flight mine = new Flight();
            Flight flight = store.join(at, mine);
            if (flight != mine) {
                return await(flight);
            }
            if (hasLanded(at, kept, now)) { // the one before, since this one has looked
                store.land(at, mine, Flight.Outcome.LOST);
                return look();
            }
            return ask(mine, at);
        }

        /** Whether somebody else's answer came in between; where asking costs a round trip, whether any came. */
        private boolean hasLanded(String at, @Nullable Kept kept, long now) {
            if (shared == null) {
                return store.get(at, now) != kept;
            }
            boolean first = !lookedTwice;
            lookedTwice = true;
            return first && store.landed() != landed;
        }

        /** Whether there is room for an answer of which this request has a copy of its own. */
        private boolean holds(Kept.Answer answer) {
            long size = answer.size();
            if (!store.given.take(size)) {
                return false;
            }
            request.exchange().onEnd(() -> store.given.give(size));
            return true;
        }

        /** Goes by what is kept, since nobody can say what that is. */
        private Future<Response> pass() {
            status = "Bypass";
            return config.cacheControl() && directives.has("only-if-cached")
                    ? notCached()
                    : next.proceed(request).map(this::marked);
        }

        private Future<Response> await(Flight flight) {
            waits++;
            Promise<Flight.Outcome> promise = Promise.promise();
            Runnable cancel = context.after(PATIENCE, () -> promise.tryComplete(Flight.Outcome.NOT_CACHEABLE));
            flight.landed().onComplete(done -> {
                cancel.run();
                promise.tryComplete(done.result());
            });
            return request.exchange().adopt(promise.future()).compose(outcome -> {
                if (request.exchange().ended()) {
                    return next.proceed(request);
                }
                if (outcome == Flight.Outcome.NOT_CACHEABLE) {
                    waits = MAX_WAITS;
                }
                return look();
            });
        }

        private boolean isGood(Kept.Answer answer, long now) {
            long age = answer.age(now);
            if (!config.cacheControl()) {
                return age <= config.cacheTtl();
            }
            Long maxAge = directives.seconds("max-age");
            if (maxAge != null && age > maxAge) {
                return false;
            }
            Long minFresh = directives.seconds("min-fresh");
            if (minFresh != null && answer.seconds() - age < minFresh) {
                return false;
            }
            Long maxStale = directives.seconds("max-stale");
            return age <= answer.seconds()
                    || maxStale != null
                            && age - answer.seconds() <= maxStale
                            && !Directives.of(answer.headers()).mustBeGood();
        }

        private Response hit(Kept.Answer answer, long now) {
            status = "Hit";
            Response response = Response.cached(answer.status()).body(Body.of(answer.body()));
            response.headers().addAll(answer.headers());
            if (debug || config.responseHeaders().age()) {
                response.headers().set("Age", Long.toString(answer.age(now)));
            }
            return marked(response);
        }

        /** For who wants nothing but what is kept; Kong gives no status then. */
        private Future<Response> notCached() {
            return Response.done(keyed(Response.of(504)));
        }

        private Response marked(Response response) {
            if (debug || config.responseHeaders().cacheStatus()) {
                response.headers().set(STATUS, status);
            }
            return keyed(response);
        }

        private Response keyed(Response response) {
            if (debug || config.responseHeaders().cacheKey()) {
                response.headers().set(KEY, key);
            }
            return response;
        }

        private Future<Response> ask(Flight flight, String at) {
            long asked = store.purges();
            headers = headers.frozen();
            Exchange exchange = request.exchange();
            // whatever becomes of this request, nobody waits for it longer than it lives
            exchange.onEnd(() -> {
                if (!keeping) {
                    store.land(at, flight, Flight.Outcome.LOST);
                }
            });
            return next.proceed(request).map(response -> {
                long now = clock.millis();
                long age = config.cacheControl() ? Directives.age(response.headers()) : 0;
                long seconds = good(response, now, age);
                List<String> vary = seconds > 0 ? varies(response.headers()) : null;
                if (vary == null) {
                    status = "Bypass";
                    store.land(at, flight, notKept(response, at, now));
                    return marked(response);
                }
                Integer storage = config.storageTtl();
                long until = now + 1000 * (storage != null ? storage : seconds);
                MultiMap kept = kept(response.headers());
                String length = response.headers().get("Content-Length");
                if (length != null && exchange.original().method().equals(HttpMethod.HEAD)) {
                    kept.set("Content-Length", length); // of the body that it tells of
                }
                long made = now - 1000 * age;
                Keeper keeper = new Keeper(flight, at, body -> {
                    keeping = true;
                    return keep(
                            vary, new Kept.Answer(response.status(), kept, body, made, age + seconds, until), asked);
                });
                if (response.body().isEmpty()) {
                    keeper.closed(BodyEnd.ok());
                } else {
                    response.body(response.body().transform(Framing.BYTES, keeper));
                }
                return marked(response);
            });
        }

        /** What an answer that is not kept means to those who ask the same. */
        private Flight.Outcome notKept(Response response, String at, long now) {
            boolean listed = statuses.contains(response.status());
            if (response.failure() != null || !listed && response.status() / 100 == 4) {
                return Flight.Outcome.LOST; // it may be this client's fault alone
            }
            // so that clients do not queue up for what is never kept; an upstream's error is soon over
            if ((listed || response.status() < 400) && mayShare() && !(store.get(at, now) instanceof Kept.Answer)) {
                store.put(at, new Kept.NotCacheable(now + NOT_CACHEABLE_MILLIS));
            }
            return Flight.Outcome.NOT_CACHEABLE;
        }

        private Future<Flight.Outcome> keep(List<String> vary, Kept.Answer answer, long asked) {
            SharedAnswers.Looked found = looked;
            if (shared != null && found != null) {
                return shared.keep(found, key, vary, headers, answer)
                        .map(Flight.Outcome.KEPT)
                        .otherwise(Flight.Outcome.NOT_CACHEABLE);
            }
            if (vary.isEmpty()) {
                store.put(key, answer, asked);
            } else {
                // the answer first, as other threads look meanwhile
                store.put(CacheKey.variant(key, "", vary, headers), answer, asked);
                store.put(key, new Kept.Variants(vary, "", "", answer.until()), asked);
            }
            return Future.succeededFuture(Flight.Outcome.KEPT);
        }
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        MultiMap headers = request.exchange().original().headers();
        Directives directives = Directives.of(headers);
        boolean asks = methods.contains(request.exchange().original().method().name())
                && !request.headers().contains("Upgrade") // a WebSocket, which nobody can share
                && !(config.cacheControl()
                        && (directives.has("no-store")
                                || directives.has("no-cache")
                                || headers.contains("Authorization")));
        if (asks) {
            return new Asked(request, next, directives).look();
        }
        return next.proceed(request).map(response -> {
            if (config.responseHeaders().cacheStatus() || headers.contains("Kong-Debug")) {
                response.headers().set(STATUS, "Bypass");
            }
            return response;
        });
    }

    /** For how many seconds from now an answer is good; 0 when it is not to be kept. */
    private long good(Response response, long now, long age) {
        if (response.failure() != null
                || !statuses.contains(response.status())
                || response.status() == 206
                || response.headers().contains("Content-Range")) { // a part is nobody else's whole
            return 0;
        }
        List<String> named = response.headers().getAll("Content-Type");
        MediaType type = named.size() == 1 ? MediaType.of(named.get(0)) : null;
        if (type == null || types.stream().noneMatch(known -> known.includes(type))) {
            return 0;
        }
        if (!config.cacheControl()) {
            return config.cacheTtl();
        }
        Directives directives = Directives.of(response.headers());
        return directives.has("private") || directives.has("no-store") || directives.has("no-cache")
                ? 0
                : directives.freshSeconds(response.headers(), now, age);
    }

    /** By which headers of the request an answer differs; null for all, so that it is of no use to others. */
    private static @Nullable List<String> varies(MultiMap headers) {
        Set<String> names = new TreeSet<>();
        for (String value : headers.getAll("Vary")) {
            for (String name : value.split(",", -1)) {
                if (!name.isBlank()) {
                    names.add(name.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        if (headers.contains("Content-Encoding")) {
            names.add("accept-encoding");
        }
        return names.contains("*") ? null : List.copyOf(names);
    }

    private static MultiMap kept(MultiMap headers) {
        MultiMap kept = MultiMap.caseInsensitiveMultiMap();
        for (var header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!NOT_KEPT.contains(name) && !name.contains("ratelimit-remaining")) {
                kept.add(header.getKey(), header.getValue());
            }
        }
        return kept;
    }

    private interface Whole {
        Future<Flight.Outcome> body(Buffer body);
    }

    /** Copies an answer as it passes, and keeps it when it was whole. */
    private final class Keeper implements BodyTransform<Buffer> {
        private final Flight flight;
        private final String at;
        private final Whole whole;
        private @Nullable Buffer copy = Buffer.buffer();
        private long reserved;

        private Keeper(Flight flight, String at, Whole whole) {
            this.flight = flight;
            this.at = at;
            this.whole = whole;
        }

        @Override
        public boolean keepsBytes() {
            return true;
        }

        @Override
        public void item(Buffer piece, Out<Buffer> out) {
            Buffer copied = copy;
            if (copied != null) {
                if (copied.length() + piece.length() > MAX_ANSWER || !store.pending.take(piece.length())) {
                    copy = null;
                    store.land(at, flight, Flight.Outcome.NOT_CACHEABLE);
                } else {
                    reserved += piece.length();
                    copied.appendBuffer(piece);
                }
            }
            out.emit(piece);
        }

        @Override
        public void closed(BodyEnd end) {
            Buffer copied = copy;
            copy = null;
            if (copied == null || !end.complete() || end.trailers() != null) {
                store.pending.give(reserved);
                store.land(at, flight, Flight.Outcome.LOST);
                return;
            }
            whole.body(copied).onComplete(done -> {
                store.pending.give(reserved);
                store.land(at, flight, done.succeeded() ? done.result() : Flight.Outcome.LOST);
            });
        }
    }
}
