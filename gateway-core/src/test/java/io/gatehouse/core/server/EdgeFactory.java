package io.gatehouse.core.server;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** A plugin for tests, outside of the probe: breaks where the gateway least expects it. */
@NullUnmarked
public final class EdgeFactory implements PluginFactory<EdgeFactory.Config> {
    /** All instances that garbage collection has not found to be garbage. */
    static final List<WeakReference<Plugin>> LIVING = new CopyOnWriteArrayList<>();

    /** Those that do {@code late-close} and are at it. */
    static final AtomicInteger CLOSING = new AtomicInteger();

    /** What these wait for. */
    static final CountDownLatch MAY_CLOSE = new CountDownLatch(1);

    /**
     * What it shall do.
     *
     * @param does {@code nothing}, or where and how to break
     */
    public record Config(@Default("nothing") String does, Redis redis) {}

    /** More than the early probe takes, whose name comes first. */
    public record Redis(
            @Nullable String host,
            @Nullable Integer port,
            @Nullable Secret password,
            @Nullable String zone) {}

    @Override
    public String name() {
        return "edge";
    }

    @Override
    public int priority() {
        return 600;
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public Plugin create(Config config, PluginContext context) {
        Edge edge = new Edge(config.does());
        LIVING.add(new WeakReference<>(edge));
        return edge;
    }

    private record Edge(String does) implements Plugin {
        @Override
        public Future<Response> intercept(Request request, Next next) {
            return switch (does) {
                case "authenticate" -> {
                    Consumer who = request.exchange()
                            .directory()
                            .consumer(String.valueOf(request.headers().get("X-User")));
                    if (who != null) {
                        request.exchange().authenticate(who, null);
                    }
                    yield next.proceed(request);
                }
                case "end-throws" -> {
                    request.exchange().onEnd(() -> {
                        throw new IllegalStateException("planted");
                    });
                    yield next.proceed(request);
                }
                case "end-fails" -> {
                    request.exchange().onEnd(() -> {
                        throw new AssertionError("planted");
                    });
                    yield next.proceed(request);
                }
                case "bad-header" ->
                    next.proceed(request).map(response -> {
                        response.headers().set("X-Bad", "a\r\nb");
                        return response;
                    });
                case "next-throws", "next-fails", "end-of-body-throws", "second-throws", "cancel-throws" ->
                    Response.done(Response.of(200).body(Body.of(new BrokenReader(does), -1)));
                case "second-after-cancel" -> {
                    Future<Response> first = next.proceed(request);
                    Request again = request.copy();
                    request.cancel();
                    yield first.isComplete() ? next.proceed(again) : first;
                }
                case "hang-after-late-next" -> {
                    // the inner answer is there at once: only this plugin can be the one that is waited for
                    Promise<Response> never = Promise.promise();
                    later(20, () -> next.proceed(request).onSuccess(Response::discard));
                    yield never.future();
                }
                case "slow-inside-twice" -> {
                    // own time is a blink each; inside it is longer than the limit
                    Promise<Response> answer = Promise.promise();
                    later(
                            20,
                            () -> next.proceed(request.copy())
                                    .onSuccess(first -> next.proceed(request.copy())
                                            .onSuccess(second -> later(20, () -> answer.complete(second)))));
                    yield answer.future();
                }
                case "concurrent" -> {
                    Promise<Response> answer = Promise.promise();
                    Future<Response> one = next.proceed(request.copy());
                    Future<Response> two = next.proceed(request.copy());
                    Future.join(one, two).onSuccess(both -> later(20, () -> answer.complete(two.result())));
                    yield answer.future();
                }
                case "authenticate-at-the-end" -> {
                    request.exchange()
                            .onEnd(() -> request.exchange()
                                    .authenticate(request.exchange().directory().consumer("late"), null));
                    yield next.proceed(request);
                }
                case "waits-for-end" -> {
                    Promise<Response> answer = Promise.promise();
                    request.exchange().onEnd(() -> answer.complete(Response.of(200)));
                    yield answer.future();
                }
                case "unknown-length" ->
                    next.proceed(request)
                            .map(response ->
                                    response.body(response.body().transform(Framing.BYTES, new BodyTransform<>() {
                                        @Override
                                        public void item(Buffer item, Out<Buffer> out) {
                                            out.emit(item);
                                        }
                                    })));
                case "buffer-answer" ->
                    next.proceed(request)
                            .compose(response -> response.body().buffer(1 << 30).map(response));
                case "tells-trailers" -> {
                    BodyReader<Buffer> body = request.body().open(Framing.BYTES);
                    yield toTheEnd(body).map(end -> {
                        Response response = Response.of(200);
                        response.headers().set("X-Saw", body.end().trailers().get("X-Sum"));
                        return response;
                    });
                }
                case "odd-trailer" ->
                    next.proceed(request.body(request.body().transform(Framing.BYTES, new BodyTransform<>() {
                        @Override
                        public void item(Buffer item, Out<Buffer> out) {
                            out.emit(item);
                        }

                        @Override
                        public BodyEnd end(BodyEnd end, Out<Buffer> out) {
                            return BodyEnd.ok(MultiMap.caseInsensitiveMultiMap().add("x-sum", "1\r\nevil: 1"));
                        }
                    })));
                case "needs-body" -> request.body().buffer(1 << 20).compose(read -> next.proceed(request));
                case "read-all" -> request.body().buffer(1 << 20).transform(read -> next.proceed(request));
                default -> next.proceed(request);
            };
        }

        @Override
        public void close() throws InterruptedException {
            if (does.equals("late-close")) {
                CLOSING.incrementAndGet();
                MAY_CLOSE.await();
            }
        }

        private static Future<Void> toTheEnd(BodyReader<Buffer> body) {
            return body.next().compose(item -> item == null ? Future.succeededFuture() : toTheEnd(body));
        }

        private static void later(long millis, Runnable action) {
            Vertx.currentContext().owner().setTimer(millis, t -> action.run());
        }

        @Override
        public void log(Completion completion) {
            ProbeFactory.LOGGED.add("edge " + completion.status());
        }
    }

    private static final class BrokenReader implements BodyReader<Buffer> {
        private final String does;
        private int given;

        BrokenReader(String does) {
            this.does = does;
        }

        @Override
        public Future<Buffer> next() {
            if (given++ == 0 && !does.equals("next-throws") && !does.equals("next-fails")) {
                return does.equals("second-throws")
                        ? Future.succeededFuture(Buffer.buffer("x".repeat(70_000)))
                        : Future.succeededFuture(does.equals("end-of-body-throws") ? null : Buffer.buffer("x"));
            }
            return switch (does) {
                case "next-fails" -> Future.failedFuture("planted");
                case "cancel-throws" -> Promise.<Buffer>promise().future();
                default -> throw new IllegalStateException("planted");
            };
        }

        @Override
        public BodyEnd end() {
            if (does.equals("end-of-body-throws")) {
                throw new IllegalStateException("planted");
            }
            return BodyEnd.truncated(Failure.of(FailureKind.PLUGIN, "planted"));
        }

        @Override
        public void cancel() {
            if (does.equals("cancel-throws")) {
                throw new IllegalStateException("planted");
            }
        }
    }
}
