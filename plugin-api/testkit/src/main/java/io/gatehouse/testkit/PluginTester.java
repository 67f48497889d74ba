package io.gatehouse.testkit;

import io.gatehouse.api.AdminPage;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Counters;
import io.gatehouse.api.ExtensionPoint;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Next;
import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.Store;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyCodeException;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.plugin.PluginPage;
import io.gatehouse.core.schema.JsonSchema;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.service.LocalCounters;
import io.gatehouse.core.service.Vaults;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs one plugin against a fake chain: no sockets, no threads, a clock that stands still. Everything happens inside the
 * calls of the test, and in the gateway's order: {@code validate}, {@code start}, {@code create}; for each request
 * {@code admit} around {@code intercept}, both guarded; at the end bodies are cancelled, every transform is closed, the
 * end hooks run last in first out, the completion is frozen, {@code log} is called; at last {@code close} and
 * {@code stop}.
 *
 * <pre>{@code
 * @Test
 * void greetsEveryResponse() {
 *     try (PluginTester tester = PluginTester.of(new HelloFactory(), new HelloConfig("hi"))) {
 *         tester.upstream(Upstream.answers(200, "content"));
 *
 *         TestExchange exchange = tester.get("/anything").header("Accept", "text/plain").send();
 *
 *         assertThat(exchange.status()).isEqualTo(200);
 *         assertThat(exchange.header("X-Hello")).isEqualTo("hi");
 *         assertThat(exchange.upstreamRequest().uri()).isEqualTo("/anything");
 *         assertThat(tester.counter("greetings_total", "test-route")).isEqualTo(1);
 *         assertThat(tester.log().text()).contains("greeted");
 *     }
 * }
 * }</pre>
 *
 * <p>A plugin that breaks its contract (throws, gives null or a failed future, sends one request twice, takes longer
 * than the time limit) makes {@link TestRequest#send()} throw an {@link AssertionError} with the cause, unless {@link
 * #expectFaults()} was called: then the client sees what it would see from the gateway.
 *
 * <p>Thread rule: one thread, and no gateway in the same JVM meanwhile: bodies run on this tester's clock. A plugin that completes its futures on threads of its own must be waited for by the test.
 */
public final class PluginTester implements AutoCloseable {
    private final PluginFactory<?> factory;
    private final Maker maker;
    private final FakeClock clock = new FakeClock();
    private final FakeMetrics metrics = new FakeMetrics();
    private final FakeCounters counters = new FakeCounters(new LocalCounters(clock));
    private final FakeStore store = new FakeStore(clock);
    private final FakeHttp http = new FakeHttp();
    private final FakeOutlets outlets = new FakeOutlets();
    private final List<PluginPage> pages = new ArrayList<>();
    private final FakeDirectory directory = new FakeDirectory();
    private final CapturedLog log = CapturedLog.start();
    private final List<Fault> faults = new ArrayList<>();
    private final TesterRuntime runtime =
            TesterRuntime.open(clock, fault -> fault("transform." + fault.phase(), causeOf(fault)));
    private final List<Plugin> outer = new ArrayList<>();
    private final List<Plugin> inner = new ArrayList<>();
    private final List<Completion> completions = new ArrayList<>();
    private final Map<Class<?>, List<Object>> extensions = new LinkedHashMap<>();
    private final Context factoryContext = new Context();
    private final Context context = new Context();
    private final Set<String> credentialHeaders = new HashSet<>();
    private final Set<String> credentialQuery = new HashSet<>();
    private final Set<String> credentialFields = new HashSet<>();
    private int requests;
    private Next upstream = Upstream.answers(200, "upstream");
    private @Nullable Route route = FakeRoute.named("test-route", "/");
    private @Nullable Service service = FakeService.named("test-service");
    private String pluginId = "00000000-0000-4000-8000-000000000001";
    private Duration timeLimit = Duration.ofSeconds(60);
    private @Nullable Plugin plugin;
    private boolean started;
    private boolean closed;
    private boolean faultsExpected;
    private int faultsReported;

    private PluginTester(PluginFactory<?> factory, Maker maker) {
        this.factory = factory;
        this.maker = maker;
    }

    /** Tests the plugin that this factory makes of this config. */
    public static <C extends Record> PluginTester of(PluginFactory<C> factory, C config) {
        Objects.requireNonNull(config, "config");
        return new PluginTester(factory, new RecordMaker<>(factory, config, List.of()));
    }

    /**
     * Tests the plugin that this factory makes of a config as it stands in a file, bound and checked as the gateway does
     * it; what is wrong with it shows in {@link #problems()}.
     *
     * @param yaml what stands under {@code config:}; empty for all defaults
     */
    public static <C extends Record> PluginTester ofYaml(PluginFactory<C> factory, String yaml) {
        return ofYaml(factory, yaml, Map.of());
    }

    /**
     * As {@link #ofYaml(PluginFactory, String)}, with environment variables for vault references.
     *
     * @param environment what {@code {vault://env/name}} refers to
     */
    public static <C extends Record> PluginTester ofYaml(
            PluginFactory<C> factory, String yaml, Map<String, String> environment) {
        Environment variables = environment::get;
        List<String> problems = new ArrayList<>();
        ConfigNode node = ConfigText.parse(
                "config", yaml.isBlank() ? "{}" : yaml, variables, problem -> problems.add(text(problem)));
        C config = node == null
                ? null
                : new RecordBinder(Vaults.over(environment::get).draft(), Compat.UNSET)
                        .bind(node, factory.configType(), problem -> problems.add(text(problem)));
        return new PluginTester(factory, new RecordMaker<>(factory, config, problems));
    }

    /** Sets what stands for the upstream: one of {@link Upstream}, a {@link ManualUpstream}, or a lambda. */
    public PluginTester upstream(Next upstream) {
        this.upstream = Objects.requireNonNull(upstream, "upstream");
        return this;
    }

    /** Links another plugin around this one. The first one given is the outermost. */
    public PluginTester around(Plugin plugin) {
        outer.add(plugin);
        return this;
    }

    /** Links another plugin between this one and the upstream. The last one given is the innermost. */
    public PluginTester inside(Plugin plugin) {
        inner.add(plugin);
        return this;
    }

    /** Sets the route of further requests; null for none. */
    public PluginTester route(@Nullable Route route) {
        this.route = route;
        return this;
    }

    /** Sets the service of further requests; null for none. */
    public PluginTester service(@Nullable Service service) {
        this.service = service;
        return this;
    }

    /** Sets the UUID of the plugin entity. */
    public PluginTester pluginId(String id) {
        this.pluginId = id;
        return this;
    }

    /** Sets how long the plugin may take until its head, the time inside {@code next} excepted; 60 s unless set. */
    public PluginTester timeLimit(Duration limit) {
        this.timeLimit = limit;
        return this;
    }

    /** Adds an implementation that {@link io.gatehouse.api.FactoryContext#extensions} hands out. */
    public <T> PluginTester extension(Class<T> type, T implementation) {
        if (!type.isAnnotationPresent(ExtensionPoint.class)) {
            throw new IllegalArgumentException(type.getName() + " (expected: an interface with @ExtensionPoint)");
        }
        extensions.computeIfAbsent(type, t -> new ArrayList<>()).add(implementation);
        return this;
    }

    /** From now on a broken plugin gets the gateway's answer instead of failing the test. */
    public PluginTester expectFaults() {
        faultsExpected = true;
        return this;
    }

    /** What {@code validate} finds wrong with the config, each as {@code path: message}. */
    public List<String> problems() {
        return maker.problems();
    }

    /**
     * The config record, bound with all defaults.
     *
     * @throws AssertionError when it could not be bound
     */
    public Record config() {
        Record config = maker.config();
        if (config == null) {
            throw new AssertionError("config of " + factory.name() + " refused: " + problems());
        }
        return config;
    }

    /** The JSON Schema of the plugin's config, as {@code gatehouse schema NAME} prints it. */
    public String schema() {
        return JsonSchema.text(factory.configType());
    }

    /**
     * Validates, starts the factory and makes the plugin. Done by the first request, unless it was done before.
     *
     * @throws AssertionError when any of them fails, with the cause
     */
    public PluginTester create() {
        if (plugin == null) {
            plugin = made();
        }
        return this;
    }

    /** Starts a request. */
    public TestRequest request(HttpMethod method, String uri) {
        FakeExchange exchange = new FakeExchange(clock)
                .directory(directory)
                .redaction(this::redaction)
                .route(route)
                .service(service);
        exchange.id(String.format(Locale.ROOT, "%032x", ++requests));
        return new TestRequest(this, method, uri, exchange);
    }

    /** Starts a GET request. */
    public TestRequest get(String uri) {
        return request(HttpMethod.GET, uri);
    }

    /** Starts a POST request with a buffered JSON body. */
    public TestRequest post(String uri, String json) {
        return request(HttpMethod.POST, uri).json(json);
    }

    /** Hands a completion to the plugin's {@code log}, as if an exchange had ended so. */
    public void log(Completion completion) {
        create();
        logTo(Objects.requireNonNull(plugin), completion);
        report();
    }

    /** The consumers and credentials. */
    public FakeDirectory directory() {
        return directory;
    }

    /** The clock: {@code clock().advance(...)} runs what is due, time-outs included. */
    public FakeClock clock() {
        return clock;
    }

    /** The plugin's metrics. */
    public FakeMetrics metrics() {
        return metrics;
    }

    /** What stands for everything that the plugin calls over HTTP. */
    public FakeHttp http() {
        return http;
    }

    /** What the plugin counts with. */
    public FakeCounters counters() {
        return counters;
    }

    /** What stands for what the plugin stores in Redis. */
    public FakeStore store() {
        return store;
    }

    /** What stands for every address that the plugin writes to. */
    public FakeOutlets outlets() {
        return outlets;
    }

    /**
     * What the plugin's page of the Admin API answers.
     *
     * @param path below the plugin's name, such as {@code /} or {@code /world}
     * @return 404 when it has no such page
     */
    public Future<AdminPage.Answer> admin(HttpMethod method, String path) {
        create();
        List<String> segments =
                Stream.of(path.split("/", -1)).filter(one -> !one.isEmpty()).toList();
        for (PluginPage page : pages) {
            PluginPage.Match match = page.match(segments);
            if (match != null && page.method().equals(method)) {
                return page.page().answer(match.path());
            }
        }
        return Future.succeededFuture(AdminPage.Answer.of(404));
    }

    /** The value of a counter or gauge; 0 for a series that was never touched. */
    public double counter(String name, String... labelValues) {
        return metrics.value(name, labelValues);
    }

    /** What was logged since this tester was made. */
    public CapturedLog log() {
        return log;
    }

    /** The completions of all exchanges that have ended, in order. */
    public List<Completion> completions() {
        return List.copyOf(completions);
    }

    /** The gateway's own list and what the plugin said it reads credentials from. */
    public Redaction redaction() {
        Set<String> headers = new HashSet<>(FakeCompletion.DEFAULT_REDACTION.headers());
        headers.addAll(credentialHeaders);
        return new Redaction(headers, credentialQuery, credentialFields);
    }

    /** How the plugin broke its contract so far. */
    public List<Fault> faults() {
        return List.copyOf(faults);
    }

    /**
     * Closes the plugin, then stops the factory.
     *
     * @throws AssertionError when one of them fails, or broke its contract unseen
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            Plugin made = plugin;
            if (made != null) {
                guard("close", made::close);
            }
            context.cancelTimers();
            if (started) {
                guard("stop", factory::stop);
            }
            factoryContext.cancelTimers();
            report();
        } finally {
            TesterRuntime.close(runtime);
            log.close();
        }
    }

    TestExchange run(FakeExchange exchange, String uri, MultiMap headers, Body body, boolean paused) {
        create();
        TestExchange run = new TestExchange(this, exchange, paused);
        run.start(uri, headers, body);
        report();
        return run;
    }

    PluginFactory<?> factory() {
        return factory;
    }

    Plugin plugin() {
        return Objects.requireNonNull(plugin, "plugin");
    }

    List<Plugin> outer() {
        return outer;
    }

    List<Plugin> inner() {
        return inner;
    }

    Next upstream() {
        return upstream;
    }

    Duration timeLimit() {
        return timeLimit;
    }

    void completed(Completion completion) {
        completions.add(completion);
        for (Plugin other : outer) {
            logTo(other, completion);
        }
        logTo(plugin(), completion);
        for (Plugin other : inner) {
            logTo(other, completion);
        }
    }

    void fault(String phase, Throwable cause) {
        faults.add(new Fault(phase, cause));
    }

    /** Fails the test for what went wrong since it was last asked. */
    void report() {
        if (faultsExpected || faultsReported == faults.size()) {
            return;
        }
        Fault fault = faults.get(faultsReported);
        faultsReported = faults.size();
        throw new AssertionError(
                "plugin " + factory.name() + " broke in " + fault.phase() + ": " + fault.cause(), fault.cause());
    }

    private static Throwable causeOf(BodyCodeException fault) {
        Throwable cause = fault.getCause();
        return cause == null ? fault : cause;
    }

    private static String text(Problem problem) {
        String hint = problem.hint();
        return (problem.path().isEmpty() ? "" : problem.path() + ": ")
                + problem.message()
                + (hint == null ? "" : "; " + hint);
    }

    private Plugin made() {
        List<String> problems = maker.problems();
        if (!problems.isEmpty()) {
            throw new AssertionError("config of " + factory.name() + " refused: " + problems);
        }
        String phase = "start";
        try {
            if (!started) {
                started = true;
                factory.start(factoryContext);
            }
            phase = "create";
            Plugin made = maker.make(context);
            if (made == null) {
                throw new NullPointerException("create gave null");
            }
            return made;
        } catch (Exception | LinkageError e) {
            throw new AssertionError("plugin " + factory.name() + " broke in " + phase + ": " + e, e);
        }
    }

    private void logTo(Plugin to, Completion completion) {
        guard("log", () -> to.log(completion));
    }

    // the gateway, too, survives whatever a plugin throws
    @SuppressWarnings("CatchingUnchecked")
    private void guard(String phase, Step step) {
        try {
            step.run();
        } catch (Exception | LinkageError e) {
            fault(phase, e);
        }
    }

    /**
     * A plugin that broke its contract.
     *
     * @param phase {@code admit}, {@code intercept}, {@code transform.item} and other methods of a transform, {@code log},
     *     {@code close} or {@code stop}
     * @param cause what it threw, or what is wrong
     */
    public record Fault(String phase, Throwable cause) {}

    private interface Maker {
        @Nullable
        Record config();

        List<String> problems();

        @Nullable
        Plugin make(PluginContext context) throws Exception;
    }

    /** A config that was bound, or null with the problems that prevented it. */
    private record RecordMaker<C extends Record>(
            PluginFactory<C> factory, @Nullable C config, List<String> found) implements Maker {
        @Override
        public List<String> problems() {
            List<String> problems = new ArrayList<>(found);
            if (config != null) {
                factory.validate(
                        config, (path, message) -> problems.add(path.isEmpty() ? message : path + ": " + message));
            }
            return problems;
        }

        @Override
        public @Nullable Plugin make(PluginContext context) throws Exception {
            return factory.create(Objects.requireNonNull(config, "config"), context);
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private final class Context implements PluginContext {
        private final List<FakeClock.Timer> timers = new ArrayList<>();
        private boolean over;

        @Override
        public String pluginId() {
            return pluginId;
        }

        @Override
        public @Nullable String routeId() {
            return null;
        }

        @Override
        public @Nullable String serviceId() {
            return null;
        }

        @Override
        public void readsCredentials(Set<String> headers, Set<String> queryArguments, Set<String> bodyFields) {
            addLower(credentialHeaders, headers);
            addLower(credentialQuery, queryArguments);
            addLower(credentialFields, bodyFields);
        }

        @Override
        public void admin(HttpMethod method, String path, AdminPage page) {
            pages.add(PluginPage.of(pluginId, method, path, page));
        }

        @Override
        public FakeMetrics metrics() {
            return metrics;
        }

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public <T> Future<T> blocking(Callable<T> action) {
            try {
                return Future.succeededFuture(action.call());
            } catch (Exception e) {
                return Future.failedFuture(e);
            }
        }

        @Override
        public void every(Duration period, Runnable action) {
            if (period.isNegative() || period.isZero()) {
                throw new IllegalArgumentException("period: " + period + " (expected: positive)");
            }
            timers.add(clock.after(period, () -> {
                if (!over) {
                    guard("every", action::run);
                    every(period, action);
                }
            }));
        }

        @Override
        public Runnable after(Duration delay, Runnable action) {
            FakeClock.Timer timer = clock.after(delay, () -> {
                if (!over) {
                    guard("after", action::run);
                }
            });
            timers.add(timer);
            return timer::cancel;
        }

        @Override
        public HttpCaller http(HttpOptions options) {
            return http;
        }

        @Override
        public Outlet outlet(OutletOptions options) {
            return outlets.to(options);
        }

        @Override
        public Counters counters() {
            return counters.local();
        }

        @Override
        public Counters counters(RedisOptions redis) {
            return counters.shared(redis);
        }

        @Override
        public Store store(RedisOptions redis) {
            return store.of(redis);
        }

        @Override
        public <T> List<T> extensions(Class<T> type) {
            List<T> found = new ArrayList<>();
            for (Object implementation : extensions.getOrDefault(type, List.of())) {
                found.add(type.cast(implementation));
            }
            return List.copyOf(found);
        }

        private void cancelTimers() {
            over = true;
            timers.forEach(FakeClock.Timer::cancel);
        }

        private void addLower(Set<String> to, Set<String> names) {
            for (String name : names) {
                to.add(name.toLowerCase(Locale.ROOT));
            }
        }
    }
}
