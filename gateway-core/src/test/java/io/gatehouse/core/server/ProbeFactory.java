package io.gatehouse.core.server;

import io.gatehouse.api.AdminPage;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Problems;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** A plugin for tests: does what its config says, and writes down what happens to it. */
@NullUnmarked
public final class ProbeFactory implements PluginFactory<ProbeFactory.Config> {
    /** Every call of {@code log}, as {@code label kind reason status}. */
    static final List<String> LOGGED = new CopyOnWriteArrayList<>();
    /** The ids of the exchanges that {@code log} was told of. */
    static final Set<String> IDS = ConcurrentHashMap.newKeySet();
    /** What the last call of {@code log} was told. */
    static volatile Completion last;
    /** Every instance made and closed, as {@code +label} and {@code -label}. */
    static final List<String> LIVES = new CopyOnWriteArrayList<>();

    static final AtomicInteger CREATED = new AtomicInteger();

    /** With {@code hold}, a request with {@code X-Hold} keeps the event loop from the first item taken here to the second. */
    static final SynchronousQueue<Boolean> HOLD = new SynchronousQueue<>();

    /**
     * What it shall do.
     *
     * @param does {@code nothing}, or where and how to break
     */
    public record Config(
            @Default("probe") String label,
            @Default("nothing") String does,
            @Nullable Secret hidden,
            Redis redis) {}

    /** What a partial may hold. */
    public record Redis(
            @Nullable String host,
            @Nullable Integer port,
            @Nullable Secret password) {}

    @Override
    public String name() {
        return "probe";
    }

    @Override
    public int priority() {
        return 500;
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public void validate(Config config, Problems problems) {
        switch (config.does()) {
            case "validate" -> problems.add("does", "planted");
            case "validate-all" -> problems.add("", "planted in 'config.does'");
            case "validate-throws" -> throw new IllegalStateException("planted");
            default -> {}
        }
    }

    @Override
    public Plugin create(Config config, PluginContext context) {
        if (config.does().equals("create")) {
            throw new IllegalStateException("planted");
        }
        CREATED.incrementAndGet();
        LIVES.add("+" + config.label());
        if (config.does().equals("pages")) {
            pages(config, context);
        } else if (config.does().equals("broken-pages")) {
            AdminPage broken = path -> Future.failedFuture("planted");
            context.admin(HttpMethod.GET, "/:label", broken);
            context.admin(HttpMethod.DELETE, "/", broken);
        }
        return new Probe(config);
    }

    /** Shows its label and how often it was emptied. */
    private static void pages(Config config, PluginContext context) {
        AtomicInteger emptied = new AtomicInteger();
        AdminPage shown = path -> Future.succeededFuture(
                path.getOrDefault("label", config.label()).equals(config.label())
                        ? AdminPage.Answer.json(Buffer.buffer(config.label() + " " + emptied))
                        : AdminPage.Answer.of(404));
        context.admin(HttpMethod.GET, "/:label", shown);
        context.admin(HttpMethod.GET, "/of/:plugin_id", shown);
        context.admin(HttpMethod.DELETE, "/", path -> {
            emptied.incrementAndGet();
            return Future.succeededFuture(AdminPage.Answer.of(204));
        });
        context.admin(HttpMethod.DELETE, "/of/:plugin_id", path -> {
            emptied.incrementAndGet();
            return context.blocking(() -> AdminPage.Answer.of(204));
        });
        context.admin(HttpMethod.GET, "/:plugin_id/broken/:how", path -> switch (path.get("how")) {
            case "throws" -> throw new IllegalStateException("planted");
            case "null" -> null;
            case "nothing" -> Future.succeededFuture(null);
            default -> Future.failedFuture("planted");
        });
    }

    private record Probe(Config config) implements Plugin {
        @Override
        public Future<Response> intercept(Request request, Next next) {
            return switch (config.does()) {
                case "throw" -> throw new IllegalStateException("planted");
                case "returns-null" -> null;
                case "null-future" -> Future.succeededFuture(null);
                case "fail" -> Future.failedFuture("planted");
                case "hold" -> {
                    if (request.headers().contains("X-Hold")) {
                        try {
                            HOLD.take();
                            HOLD.take();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    yield next.proceed(request);
                }
                case "hang" -> Promise.<Response>promise().future();
                case "hang-after" ->
                    next.proceed(request)
                            .compose(r -> Promise.<Response>promise().future());
                case "answer" -> Response.done(Response.error(418, "short and stout"));
                case "answer-cached" -> Response.done(Response.cached(200));
                case "name-servers" -> {
                    Response named = Response.of(200);
                    named.headers().set("Via", config.label()).set("Server", "Demo");
                    yield Response.done(named);
                }
                case "show-date" ->
                    next.proceed(request).map(r -> {
                        r.headers().set("X-Date", String.valueOf(r.headers().get("Date")));
                        return r;
                    });
                case "forge-id" -> {
                    request.headers().set("X-Kong-Request-Id", "forged");
                    yield next.proceed(request);
                }
                case "buffer" ->
                    next.proceed(request)
                            .compose(r -> r.body().buffer(1000).transform(read -> {
                                Response failed = read.cause() instanceof BodyException broken
                                        ? Response.failed(broken.failure())
                                        : r;
                                failed.headers().set("X-Probe", config.label());
                                return Response.done(failed);
                            }));
                case "discard" ->
                    next.proceed(request).map(response -> {
                        response.discard();
                        return response.failure() == null ? Response.of(204) : response;
                    });
                case "twice" -> next.proceed(request.copy()).compose(first -> next.proceed(request.copy()));
                case "hedge" -> {
                    Promise<Response> winner = Promise.promise();
                    next.proceed(request.copy()).onSuccess(winner::tryComplete);
                    next.proceed(request.copy()).onSuccess(winner::tryComplete);
                    yield winner.future();
                }
                case "transform-throws" ->
                    next.proceed(request)
                            .map(r -> r.body(r.body().transform(Framing.BYTES, new BodyTransform<>() {
                                @Override
                                public void item(Buffer item, Out<Buffer> out) {
                                    throw new IllegalStateException("planted");
                                }
                            })));
                default ->
                    next.proceed(request).map(r -> {
                        r.headers().add("X-Probe", config.label());
                        return r;
                    });
            };
        }

        @Override
        public void log(Completion completion) {
            last = completion;
            IDS.add(completion.exchange().id());
            LOGGED.add(config.label() + " " + completion.outcome().kind().label() + " "
                    + completion.outcome().reason() + " " + completion.status());
            if (config.does().equals("log")) {
                throw new IllegalStateException("planted");
            }
        }

        @Override
        public void close() {
            LIVES.add("-" + config.label());
            if (config.does().equals("close")) {
                throw new IllegalStateException("planted");
            }
        }
    }
}
