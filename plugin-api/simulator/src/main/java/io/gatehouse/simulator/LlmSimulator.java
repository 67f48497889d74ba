package io.gatehouse.simulator;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server that speaks OpenAI's API, can be told to fail or to dawdle, and keeps a {@link Ledger} of
 * what it saw and sent. It plays several hosts at once ({@code api.openai.com}, {@code api.mistral.ai}):
 * ledger, keys and behaviours tell them apart by the Host header.
 *
 * <pre>{@code
 * try (LlmSimulator simulator = LlmSimulator.startAndAwait(SimulatorOptions.defaults())) {
 *     simulator.behaviour(Scope.all().host("api.mistral.ai").next(1), Behaviour.builder().status(429).build());
 *     ...requests to http://127.0.0.1:{simulator.port()}/v1/chat/completions...
 *     assertThat(simulator.ledger().records()).hasSize(2);
 * }
 * }</pre>
 *
 * <h2>What it answers</h2>
 * {@code POST /v1/chat/completions}, {@code /v1/completions}, {@code /v1/embeddings} and {@code /v1/responses},
 * streamed where asked; {@code GET} and {@code DELETE /v1/responses/ID}, {@code GET /v1/responses/ID/input_items}
 * (the last 1,000 stored responses), {@code GET /v1/models} and {@code /v1/models/ID}. Errors have OpenAI's shape.
 *
 * <h2>Text and tokens</h2>
 * Both follow from the request alone:
 * <ul>
 * <li>A <em>word</em> is a run of characters without white space. One word is one token.
 * <li>Prompt tokens are the words of all message texts ({@code content} strings and the {@code text} of content
 *     parts), of {@code prompt}, of {@code input} and of {@code instructions}; a token id counts as one; at
 *     least 1.
 * <li>The text is {@code Simulated answer to:} and the first twelve words of the last user message. With
 *     {@code response_format} (or {@code text.format}) for JSON it is the smallest document that fits the
 *     schema, in tokens of eight characters. {@code max_tokens} and its relatives cut it, with the finish
 *     reason {@code length}.
 * <li>A function tool is called when {@code tool_choice} is {@code required}, {@code any} or names it, or when
 *     the last message is the user's and contains {@code call the tool}. The arguments are the smallest object
 *     that fits the parameters' schema, in tokens of eight characters.
 * <li>A streamed answer sends one completion token per delta.
 * <li>The answer's model is the dated one for OpenAI's well-known names ({@code gpt-4o} is answered by
 *     {@code gpt-4o-2024-08-06}), else the model as asked for.
 * <li>Embeddings are bags of words: texts that share words are near each other.
 * </ul>
 *
 * <h2>Control</h2>
 * From Java by the methods here; per request by the header {@code X-Simulator} (see {@link Behaviour}); over
 * HTTP by {@code POST} and {@code DELETE /__simulator/behaviour} (a behaviour's fields, and {@code host},
 * {@code model}, {@code next} for its scope), {@code GET} and {@code DELETE /__simulator/ledger} (query
 * {@code host}, {@code model}, {@code limit}), {@code GET /__simulator/ledger/summary},
 * {@code POST /__simulator/release?n=1&gate=default}, {@code DELETE /__simulator/gate?gate=default},
 * {@code GET /__simulator/health}. These need no key and are not in the ledger: do not offer the port to
 * strangers.
 *
 * <p>Thread-safe. Nothing waits but {@link #startAndAwait} and {@link #close()}.
 */
public final class LlmSimulator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LlmSimulator.class);
    private static final int STORED_RESPONSES = 1000;
    private static final long WAIT_SECONDS = 60;

    private final Vertx vertx;
    private final boolean ownVertx;
    private final SimulatorOptions options;
    private final Ledger ledger;
    private final Rules rules;
    private final Control control;
    private final Map<String, Gate> gates = new ConcurrentHashMap<>();
    private final Map<String, ResponsesAnswer> stored = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ResponsesAnswer> eldest) {
            return size() > STORED_RESPONSES;
        }
    };
    private volatile @Nullable Gate lockStep;
    private volatile int port;
    private volatile @Nullable String deployment;

    private LlmSimulator(Vertx vertx, boolean ownVertx, SimulatorOptions options) {
        this.vertx = vertx;
        this.ownVertx = ownVertx;
        this.options = options;
        this.ledger = new Ledger(vertx, options.ledgerCapacity());
        this.rules = new Rules(options.behaviour());
        this.control = new Control(this);
    }

    /**
     * Starts a simulator on event loops of its own.
     *
     * @return the simulator once it listens; fails if the port cannot be bound
     */
    public static Future<LlmSimulator> start(SimulatorOptions options) {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(options.eventLoops())
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        LlmSimulator simulator = new LlmSimulator(vertx, true, options);
        // a promise of no context: the failure must not need an event loop that has been stopped
        Promise<LlmSimulator> started = Promise.promise();
        simulator
                .listen()
                .onComplete(started::complete, failure -> vertx.close().onComplete(closed -> started.fail(failure)));
        return started.future();
    }

    /**
     * Starts a simulator on the event loops of {@code vertx}, which stays open when the simulator is closed.
     *
     * @return the simulator once it listens; fails if the port cannot be bound
     */
    public static Future<LlmSimulator> start(Vertx vertx, SimulatorOptions options) {
        return new LlmSimulator(vertx, false, options).listen();
    }

    /**
     * As {@link #start(SimulatorOptions)}, but waits up to a minute. Not for event loops.
     *
     * @throws IllegalStateException if it does not start, with the cause
     */
    public static LlmSimulator startAndAwait(SimulatorOptions options) {
        return await(start(options), "start");
    }

    /** A simulator on any free port of 127.0.0.1 that accepts every key; waits as {@link #startAndAwait}. */
    public static LlmSimulator startAndAwait() {
        return startAndAwait(SimulatorOptions.defaults());
    }

    private Future<LlmSimulator> listen() {
        HttpServerOptions server = options.serverOptions();
        if (server.getPort() == 0) {
            // a negative port is a free one that all instances of one deployment share
            server.setPort(-1);
        }
        return deploy(server, options.eventLoops()).map(id -> {
            deployment = id;
            LOG.info("Simulator listens on {}:{}", options.host(), port);
            return this;
        });
    }

    private Future<String> deploy(HttpServerOptions server, int instances) {
        return vertx.deployVerticle(
                () -> new VerticleBase() {
                    @Override
                    public Future<?> start() {
                        HttpServer http = vertx.createHttpServer(server);
                        http.requestHandler(request -> Exchange.handle(LlmSimulator.this, request));
                        return http.listen().onSuccess(listening -> port = listening.actualPort());
                    }
                },
                new DeploymentOptions().setInstances(instances).setThreadingModel(ThreadingModel.EVENT_LOOP));
    }

    /** The port that it listens on. */
    public int port() {
        return port;
    }

    /** {@code http://HOST:PORT}, without a slash at the end. */
    public String baseUrl() {
        return "http://" + options.host() + ":" + port;
    }

    /** The options that it was started with. */
    public SimulatorOptions options() {
        return options;
    }

    /** What it saw and sent. */
    public Ledger ledger() {
        return ledger;
    }

    /** Sets the behaviour that holds where nothing more specific is set; replaces the one before. */
    public void behaviour(Behaviour behaviour) {
        rules.set(Scope.all(), behaviour);
    }

    /**
     * Sets the behaviour for a scope. More specific scopes win field by field: first those for the next
     * requests, in the order in which they were set (a request uses up one of them), then host and model,
     * host, model, all. A scope without a count replaces what was set for the same scope before.
     */
    public void behaviour(Scope scope, Behaviour behaviour) {
        rules.set(scope, behaviour);
    }

    /** Takes back all behaviours; the one of the options holds again. */
    public void clearBehaviours() {
        rules.clear(options.behaviour());
    }

    /**
     * Begins lock step: from now on every answer needs permits of the returned gate (named {@code default}),
     * until the gate is closed. An older gate of this kind is closed.
     */
    public Gate gate() {
        Gate gate = newGate(Control.DEFAULT_GATE);
        Gate before = gates.put(Control.DEFAULT_GATE, gate);
        lockStep = gate;
        if (before != null) {
            before.close();
        }
        return gate;
    }

    /** The gate of that name, for answers whose behaviour names it; made when first asked for. */
    public Gate gate(String name) {
        return gates.computeIfAbsent(name, this::newGate);
    }

    private Gate newGate(String name) {
        Gate[] self = new Gate[1];
        Gate gate = new Gate(name, () -> {
            gates.remove(name, self[0]);
            synchronized (this) {
                if (lockStep == self[0]) {
                    lockStep = null;
                }
            }
        });
        self[0] = gate;
        return gate;
    }

    @Nullable
    Gate gateFor(Behaviour behaviour) {
        String name = behaviour.gate;
        return name == null ? lockStep : gate(name);
    }

    /** Stops listening, cuts all connections, and stops the event loops if they are its own. */
    public Future<Void> stop() {
        gates.values().forEach(Gate::close);
        if (ownVertx) {
            return vertx.close();
        }
        String id = deployment;
        deployment = null;
        return id == null ? Future.succeededFuture() : vertx.undeploy(id);
    }

    /** As {@link #stop()}, but waits up to a minute, unless it is called on an event loop. */
    @Override
    public void close() {
        Future<Void> stopped = stop();
        if (!io.vertx.core.Context.isOnEventLoopThread()) {
            await(stopped, "stop");
        }
    }

    private static <T> T await(Future<T> future, String what) {
        if (io.vertx.core.Context.isOnEventLoopThread()) {
            throw new IllegalStateException("simulator: waiting for " + what + " on an event loop");
        }
        try {
            return future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("simulator: interrupted while waiting for " + what, e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IllegalStateException(
                    "simulator: did not " + what + ": " + (cause == null ? e : cause).getMessage(), cause);
        } catch (TimeoutException e) {
            throw new IllegalStateException("simulator: did not " + what + " within " + WAIT_SECONDS + " s", e);
        }
    }

    Vertx vertx() {
        return vertx;
    }

    Rules rules() {
        return rules;
    }

    Control control() {
        return control;
    }

    void store(ResponsesAnswer answer) {
        synchronized (stored) {
            stored.put(answer.id(), answer);
        }
    }

    @Nullable
    ResponsesAnswer stored(String id) {
        synchronized (stored) {
            return stored.get(id);
        }
    }

    @Nullable
    ResponsesAnswer removeStored(String id) {
        synchronized (stored) {
            return stored.remove(id);
        }
    }

    /** What is wrong with a request's key, or null if it is accepted. */
    @Nullable
    ApiError refusal(String host, @Nullable String authorization) {
        Set<String> accepted = options.hostKeys().getOrDefault(host, options.keys());
        if (accepted.isEmpty() && options.hostKeys().isEmpty()) {
            return null;
        }
        if (authorization == null) {
            return new ApiError(
                    401,
                    "You didn't provide an API key: send it in an Authorization header with the scheme Bearer.",
                    "invalid_request_error",
                    null,
                    null);
        }
        boolean bearer = authorization.regionMatches(true, 0, "Bearer ", 0, 7);
        return bearer && accepted.contains(authorization.substring(7).trim()) ? null : ApiError.of(401);
    }
}
