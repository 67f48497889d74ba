package io.gatehouse.core;

import io.gatehouse.api.Completion;
import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.admin.AdminServer;
import io.gatehouse.core.admin.AdminView;
import io.gatehouse.core.admin.StatusServer;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.balancer.Balancers;
import io.gatehouse.core.balancer.HealthMetrics;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.entity.DeckDump;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.EntityReferencePage;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.exchange.ExchangeObserver;
import io.gatehouse.core.plan.ChangePlan;
import io.gatehouse.core.plugin.Lifecycle;
import io.gatehouse.core.plugin.PluginCalls;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.plugin.PluginServices;
import io.gatehouse.core.schema.JsonSchema;
import io.gatehouse.core.schema.PluginReference;
import io.gatehouse.core.server.Admission;
import io.gatehouse.core.server.DefaultCertificate;
import io.gatehouse.core.server.ProxyServer;
import io.gatehouse.core.server.Traffic;
import io.gatehouse.core.service.GatewayMetrics;
import io.gatehouse.core.service.InternalMetrics;
import io.gatehouse.core.service.JvmHeap;
import io.gatehouse.core.service.LocalCounters;
import io.gatehouse.core.service.MemoryGuard;
import io.gatehouse.core.service.MetricsRegistry;
import io.gatehouse.core.service.NodeFacts;
import io.gatehouse.core.service.NodeMemory;
import io.gatehouse.core.service.Scraper;
import io.gatehouse.core.service.Vaults;
import io.gatehouse.core.snapshot.ConfigSource;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Examination;
import io.gatehouse.core.snapshot.FileStamp;
import io.gatehouse.core.snapshot.Reloader;
import io.gatehouse.core.snapshot.Snapshot;
import io.gatehouse.core.snapshot.SnapshotBuilder;
import io.gatehouse.core.upstream.Redirects;
import io.gatehouse.core.upstream.SocketProbes;
import io.gatehouse.core.upstream.Upstreams;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: the embedding API that the command line, the testkit and embedders share.
 *
 * <p>Threads: every method may be called from any ordinary thread and may block; none from an event loop.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration BLOCKED = Duration.ofSeconds(2);
    private static final long MEMORY_CHECK_MILLIS = 100;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final Settings settings;
    private final InternalMetrics internalMetrics = new InternalMetrics();
    private final MetricsRegistry metrics = new MetricsRegistry();
    private final GatewayMetrics counters = new GatewayMetrics(metrics);
    private final Traffic traffic = new Traffic();
    private final DefaultCertificate certificate;
    private final Balancers balancers;
    private final HealthMetrics upstreamHealth;
    private final Facts facts = new Facts();
    private final NodeMemory memory = new NodeMemory(metrics, facts);
    private final ExecutorService reloadThread = Executors.newSingleThreadExecutor(daemon("gatehouse-reload"));
    private final ScheduledExecutorService scheduler = PluginServices.scheduler(daemon("gatehouse-timer"));
    private final ScheduledExecutorService memoryThread =
            Executors.newSingleThreadScheduledExecutor(daemon("gatehouse-memory"));
    private final List<ProxyServer> loops = new ArrayList<>();
    private final List<AdminServer> adminServers = new ArrayList<>();
    private final List<StatusServer> statusServers = new ArrayList<>();
    private final Vertx vertx;
    private final Lifecycle lifecycle;
    private final Vaults vaults;
    private final Reloader reloader;
    private final ConfigStore store;
    private volatile boolean draining;
    private boolean stopped;
    private String watched = "";

    private Gateway(Settings settings) {
        this.settings = settings;
        this.certificate = new DefaultCertificate(settings.sslCert(), settings.sslCertKey());
        if (settings.proxyListen().stream().anyMatch(Settings.Listen::ssl)) {
            certificate.makeIfMissing();
        }
        this.vertx = internalMetrics
                .vertxBuilder(new VertxOptions()
                        .setAddressResolverOptions(ResolverOptions.of(settings.dns()))
                        .setEventLoopPoolSize(settings.eventLoops() + 1) // one for the Admin and Status API
                        // whoever blocks a loop is named by the first warning already
                        .setWarningExceptionTime(BLOCKED.toMillis())
                        .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS)
                        .setMaxEventLoopExecuteTime(BLOCKED.toMillis())
                        .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS))
                .withTransport(new Admission(
                        settings.listeners(),
                        traffic,
                        settings.clientLimits().most().connections(),
                        counters::connectionRefused))
                .build();
        ((VertxInternal) vertx)
                .blockedThreadChecker()
                .setThreadBlockedHandler(new BlockedThreads(this::owner, counters, System::nanoTime));
        this.balancers =
                new Balancers((VertxInternal) vertx, settings.dns(), new SocketProbes(vertx, settings.upstreamTls()));
        this.upstreamHealth = new HealthMetrics(balancers);
        metrics.add(upstreamHealth);
        metrics.add(facts);
        Redirects redirects = redirects(settings);
        Clock clock = Clock.systemUTC();
        PluginServices services = new PluginServices(
                vertx, metrics, new LocalCounters(clock), clock, scheduler, redirects, settings.upstreamTls());
        this.lifecycle = new Lifecycle(services, new PluginCalls(settings.pluginTimeLimit(), this::pluginFailed));
        Upstreams upstreams = new Upstreams(settings.eventLoops(), balancers);
        this.vaults = vaults(settings);
        this.reloader = new Reloader(
                new ConfigSource(
                        settings.configs(),
                        environment(settings),
                        settings.admin().place(settings.configs())),
                settings.plugins(),
                options(settings).withVaults(vaults),
                new SnapshotBuilder(lifecycle, upstreams),
                lifecycle,
                reloadThread,
                this::goesLive,
                snapshot -> loops.forEach(loop -> loop.abort(snapshot, "configuration_retired")));
        this.store = new ConfigStore(reloader, reloadThread, traffic::busy);
        Observer observer = new Observer();
        MemoryGuard memoryGuard = new MemoryGuard(new JvmHeap(), settings.shedAt() / 100.0, System::nanoTime);
        if (settings.shedAt() > 0) {
            ScheduledFuture<?> unused = memoryThread.scheduleWithFixedDelay(
                    memoryGuard::check, MEMORY_CHECK_MILLIS, MEMORY_CHECK_MILLIS, TimeUnit.MILLISECONDS);
        }
        ProxyServer.Shared shared = new ProxyServer.Shared(
                settings.listeners(),
                certificate,
                settings.tlsVersions(),
                settings.tlsCiphers(),
                settings.pluginTimeLimit().toNanos(),
                exchangeDeadline(settings),
                settings.limits(),
                settings.proxy().forwarding(),
                settings.proxy().answers(version()),
                memoryGuard,
                redirects,
                settings.upstreamTls(),
                settings.proxy().keepAlive(),
                settings.mostAnswerBytes(),
                upstreams,
                reloader,
                traffic,
                observer,
                version());
        for (int i = 0; i < settings.eventLoops(); i++) {
            loops.add(new ProxyServer(shared, i));
        }
    }

    /**
     * What a set of configuration files amounts to.
     *
     * @param files the files that were read, in the order in which they were merged
     * @param services number of services
     * @param routes number of routes
     * @param consumers number of consumers
     * @param plugins number of plugin entities, disabled ones included
     * @param warnings what may go wrong with them, one line each
     */
    public record ConfigSummary(
            List<Path> files, int services, int routes, int consumers, int plugins, List<String> warnings) {
        /** Copies the lists. */
        public ConfigSummary {
            files = List.copyOf(files);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * A plugin that the gateway can load.
     *
     * @param name its name in decK files
     * @param priority its place in the chain, higher is further out
     * @param version the version of the JAR it came in
     * @param origin {@code bundled}, or the file or folder it was loaded from
     */
    public record PluginInfo(String name, int priority, String version, String origin) {}

    /** The version of Gatehouse. */
    public static String version() {
        String version = Gateway.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    /**
     * Starts a gateway: when this returns, all its listeners accept.
     *
     * @throws ConfigException if a configuration file or plugin is refused
     * @throws StartException if a listener cannot be opened
     */
    public static Gateway start(Settings settings) throws ConfigException, IOException {
        for (Settings.ConnectTo redirect : settings.connectTo()) {
            LOG.warn("connections are redirected: from={} to={}", redirect.from(), redirect.to());
        }
        Gateway gateway = new Gateway(settings);
        try {
            gateway.open();
            return gateway;
        } catch (ConfigException | IOException | RuntimeException e) {
            gateway.close();
            throw e;
        }
    }

    private void open() throws ConfigException, IOException {
        watched = fingerprint();
        List<Problem> problems = new ArrayList<>(ListenerChecks.of(settings));
        problems.addAll(load());
        if (Reloader.hasErrors(problems)) {
            throw new ConfigException(problems.stream().map(Problem::toString).toList());
        }
        problems.forEach(problem -> LOG.warn("configuration: {}", problem));
        Snapshot first = reloader.current();
        if (first != null) {
            ListenerChecks.of(settings, first.config()).forEach(problem -> LOG.warn("configuration: {}", problem));
        }
        int[] next = {0};
        await(
                vertx.deployVerticle(
                        () -> loops.get(next[0]++), new DeploymentOptions().setInstances(settings.eventLoops())),
                settings.proxyListen());
        Scraper own = new Scraper(vertx, metrics::write);
        Scraper internal = new Scraper(vertx, internalMetrics::write);
        View view = new View();
        Context beside = loopBeside();
        for (Settings.Listen listen : settings.adminListen()) {
            adminServers.add(await(
                    AdminServer.listen(
                            beside,
                            listen.host(),
                            listen.port(),
                            settings.admin().token(),
                            settings.admin().readToken(),
                            view,
                            memory,
                            own,
                            internal),
                    List.of(listen)));
        }
        for (Settings.Listen listen : settings.statusListen()) {
            statusServers.add(await(
                    StatusServer.listen(beside, listen.host(), listen.port(), view, memory, own, internal),
                    List.of(listen)));
        }
        if (settings.watch()) {
            ScheduledFuture<?> unused =
                    scheduler.scheduleWithFixedDelay(this::lookForChanges, 500, 500, TimeUnit.MILLISECONDS);
        }
        long rotation = settings.vaultRotation().toMillis();
        // on the thread that loads: files are read there, and never on an event loop
        ScheduledFuture<?> unusedRotation = scheduler.scheduleWithFixedDelay(
                () -> reloadThread.execute(this::rotateSecrets), rotation, rotation, TimeUnit.MILLISECONDS);
        LOG.info(
                "gatehouse {} serves: proxy={} admin={} status={} event_loops={}",
                version(),
                loops.get(0).ports(),
                adminServers.stream().map(AdminServer::port).toList(),
                statusServers.stream().map(StatusServer::port).toList(),
                settings.eventLoops());
    }

    /** On the event loop that no proxy listener uses: no page of the Admin or Status API holds up a request, nor a request them. */
    private Context loopBeside() {
        while (true) {
            ContextInternal context = ((VertxInternal) vertx).createEventLoopContext();
            if (loops.stream().noneMatch(loop -> loop.runsOn(context.nettyEventLoop()))) {
                return context;
            }
        }
    }

    /**
     * Checks configuration files and plugins as {@link #start} does, without opening a listener.
     *
     * @throws ConfigException with all problems
     */
    public static ConfigSummary validate(Settings settings) throws ConfigException, IOException {
        Findings found = examine(settings);
        if (!found.ok()) {
            throw new ConfigException(
                    found.problems().stream().map(Problem::toString).toList());
        }
        return found.summary();
    }

    /**
     * All that can be said of configuration files and plugins without starting.
     *
     * @param ok whether a start would not refuse them
     * @param summary what they amount to; incomplete when they would be refused
     * @param problems every problem, warnings too
     */
    public record Findings(boolean ok, ConfigSummary summary, List<Problem> problems) {
        /** Copies the list. */
        public Findings {
            problems = List.copyOf(problems);
        }
    }

    /** Checks configuration files and plugins as {@link #start} does; nothing is started and no listener opened. */
    public static Findings examine(Settings settings) {
        return examined(settings, settings.configs(), found -> {
            List<Problem> problems = new ArrayList<>(ListenerChecks.of(settings));
            problems.addAll(found.problems());
            if (found.ok()) {
                problems.addAll(ListenerChecks.of(settings, found.config()));
            }
            DeclarativeConfig config = found.config();
            ConfigSummary summary = new ConfigSummary(
                    settings.configs(),
                    config.services().size(),
                    config.routes().size(),
                    config.consumers().size(),
                    config.plugins().size(),
                    problems.stream()
                            .filter(problem -> problem.severity() == Severity.WARNING)
                            .map(Problem::toString)
                            .toList());
            return new Findings(!Reloader.hasErrors(problems), summary, problems);
        });
    }

    /**
     * What would change if one configuration took the place of another, whose files are examined with the same settings.
     *
     * @throws ConfigException if one of them would be refused
     */
    public static ChangePlan plan(Settings settings, List<Path> before, List<Path> after) throws ConfigException {
        List<Problem> refused = new ArrayList<>();
        ChangePlan plan = examined(
                settings,
                before,
                old -> examined(settings, after, now -> {
                    for (Examination one : List.of(old, now)) {
                        if (!one.ok()) {
                            refused.addAll(one.problems());
                        }
                    }
                    return refused.isEmpty() ? ChangePlan.of(old, now) : ChangePlan.NONE;
                }));
        if (!refused.isEmpty()) {
            throw new ConfigException(refused.stream().map(Problem::toString).toList());
        }
        return plan;
    }

    /**
     * The configuration as decK would write it.
     *
     * @param defaults whether fields that hold their default are written
     * @param warnings takes what should be known of the result
     * @throws ConfigException if the configuration would be refused, or something in it cannot be written
     */
    public static String dump(Settings settings, boolean defaults, Consumer<String> warnings) throws ConfigException {
        List<Problem> problems = new ArrayList<>();
        String text = examined(settings, settings.configs(), found -> {
            if (!found.ok()) {
                problems.addAll(found.problems());
                return "";
            }
            return DeckDump.write(found.config(), defaults, problems::add);
        });
        if (Reloader.hasErrors(problems)) {
            throw new ConfigException(problems.stream().map(Problem::toString).toList());
        }
        problems.forEach(problem -> warnings.accept(problem.toString()));
        return text;
    }

    private static LoadOptions options(Settings settings) {
        return LoadOptions.defaults().withCompat(settings.compat()).withFlavor(settings.routerFlavor());
    }

    private static <T> T examined(Settings settings, List<Path> files, Function<Examination, T> use) {
        Examination found = Examination.of(
                files,
                settings.plugins(),
                environment(settings),
                options(settings),
                null,
                new PluginCalls(settings.pluginTimeLimit(), (plugin, phase, cause) -> {}));
        try {
            return use.apply(found);
        } finally {
            found.catalogue().discard();
        }
    }

    /** The bundled plugins and those of the settings' plugin folders, by descending priority. */
    public static List<PluginInfo> plugins(Settings settings) throws ConfigException, IOException {
        PluginCatalogue catalogue = catalogue(settings);
        try {
            List<PluginInfo> all = new ArrayList<>();
            for (PluginCatalogue.Known known : catalogue.plugins()) {
                all.add(new PluginInfo(
                        known.factory().name(),
                        known.factory().priority(),
                        known.version(),
                        known.source().origin()));
            }
            all.sort(Comparator.comparingInt(PluginInfo::priority).reversed().thenComparing(PluginInfo::name));
            return all;
        } finally {
            catalogue.discard();
        }
    }

    /**
     * The JSON Schema of a plugin's {@code config}.
     *
     * @throws ConfigException if there is no such plugin; names the nearest one
     */
    public static String schema(Settings settings, String plugin) throws ConfigException, IOException {
        EntityKind kind = EntityKind.of(plugin);
        if (kind != null) {
            return JsonSchema.text(kind.type());
        }
        return described(
                settings,
                plugin,
                known -> JsonSchema.text(plugin, known.factory().configType()));
    }

    /**
     * The reference page of a plugin, of a kind of entity such as {@code services}, or of all {@code entities}, in
     * Markdown.
     *
     * @throws ConfigException if there is no such plugin; names the nearest one
     */
    public static String reference(Settings settings, String plugin) throws ConfigException, IOException {
        EntityKind kind = EntityKind.of(plugin);
        if (kind != null) {
            return "# " + plugin + "\n\n" + EntityReferencePage.markdown(kind);
        }
        if (plugin.equals("entities")) {
            return EntityReferencePage.markdown();
        }
        return described(
                settings,
                plugin,
                known -> PluginReference.markdown(plugin, known.factory().configType()));
    }

    private static String described(
            Settings settings, String plugin, Function<PluginCatalogue.Known, String> description)
            throws ConfigException {
        PluginCatalogue catalogue = catalogue(settings);
        try {
            return description.apply(known(catalogue, plugin));
        } finally {
            catalogue.discard();
        }
    }

    private static PluginCatalogue.Known known(PluginCatalogue catalogue, String plugin) throws ConfigException {
        PluginCatalogue.Known known = catalogue.plugin(plugin);
        if (known == null) {
            throw new ConfigException(
                    List.of("plugin " + plugin + ": unknown (expected: " + String.join(", ", catalogue.names()) + ")"));
        }
        return known;
    }

    private static PluginCatalogue catalogue(Settings settings) throws ConfigException {
        List<Problem> problems = new ArrayList<>();
        PluginCatalogue catalogue = PluginCatalogue.load(settings.plugins(), null, problems::add);
        if (Reloader.hasErrors(problems)) {
            throw new ConfigException(problems.stream().map(Problem::toString).toList());
        }
        return catalogue;
    }

    /** The port of the first proxy listener without TLS; -1 when there is none. */
    public int proxyPort() {
        return proxyPort(false);
    }

    /** The port of the first proxy listener with TLS; -1 when there is none. */
    public int proxyTlsPort() {
        return proxyPort(true);
    }

    private int proxyPort(boolean tls) {
        for (int i = 0; i < settings.proxyListen().size(); i++) {
            if (settings.proxyListen().get(i).ssl() == tls) {
                return loops.get(0).ports().get(i);
            }
        }
        return -1;
    }

    /** The port of the first Admin listener; -1 when it is off. */
    public int adminPort() {
        return adminServers.isEmpty() ? -1 : adminServers.get(0).port();
    }

    /** The port of the first Status listener; -1 when it is off. */
    public int statusPort() {
        return statusServers.isEmpty() ? -1 : statusServers.get(0).port();
    }

    /** Exchanges that have begun and not ended. */
    public long inFlight() {
        return traffic.inFlight();
    }

    /**
     * Reads the configuration again, as SIGHUP does; a bad one is logged and the old one stays live.
     *
     * @return what is wrong, one line each; empty when the new configuration is live
     */
    public List<String> reload() {
        List<Problem> problems = load();
        boolean refused = Reloader.hasErrors(problems);
        counters.reloaded(!refused);
        for (Problem problem : problems) {
            LOG.warn("configuration: {}", problem);
        }
        if (refused) {
            LOG.warn("the configuration was refused, the old one stays live: problems={}", problems.size());
            return problems.stream().map(Problem::toString).toList();
        }
        return List.of();
    }

    private void rotateSecrets() {
        try {
            vaults.rotate();
        } catch (RuntimeException e) {
            LOG.error("secrets could not be read again", e);
        }
    }

    private void lookForChanges() {
        try {
            String now = fingerprint();
            if (!now.equals(watched)) {
                watched = now;
                LOG.info("files have changed, the configuration is read again");
                reload();
            }
        } catch (RuntimeException e) {
            LOG.error("looking for changed files failed", e);
        }
    }

    private String fingerprint() {
        return FileStamp.of(settings.configs()) + FileStamp.of(settings.plugins());
    }

    /**
     * Stops accepting, lets exchanges in flight end, then stops everything; returns when all is closed.
     *
     * @param drain how long exchanges may take to end before they are aborted
     */
    public synchronized void stop(Duration drain) {
        if (stopped) {
            return;
        }
        stopped = true;
        draining = true;
        Future<?> connections =
                Future.join(loops.stream().map(loop -> loop.drain(drain)).toList());
        if (!waitFor(drain, () -> traffic.inFlight() == 0)) {
            LOG.warn("exchanges are aborted: in_flight={}", traffic.inFlight());
            loops.forEach(loop -> loop.abort(null, "shutdown"));
            waitFor(CLOSE_LIMIT, () -> traffic.inFlight() == 0);
        }
        onReloadThread(() -> {
            reloader.close();
            return true;
        });
        if (!waitFor(settings.pluginTimeLimit().plus(CLOSE_LIMIT), () -> onReloadThread(reloader::isDrained))) {
            LOG.error("plugins were not closed in time");
        }
        scheduler.shutdownNow();
        memoryThread.shutdownNow();
        reloadThread.shutdown();
        quietly(connections); // first: a connection that ends after its event loop has nobody to tell
        quietly(balancers.close());
        quietly(vertx.close());
        internalMetrics.close();
        LOG.info("gatehouse has stopped");
    }

    /** Stops without waiting for exchanges in flight. */
    @Override
    public void close() {
        stop(Duration.ZERO);
    }

    private void goesLive(Snapshot snapshot) {
        certificate.reload();
        balancers.live(snapshot.balancers());
        upstreamHealth.live(snapshot.config());
        metrics.visible(snapshot.pluginNames());
        counters.live(snapshot.config()::fingerprint);
    }

    /** Reads the configuration; what is refused leaves the old one live. */
    private List<Problem> load() {
        long begin = System.nanoTime();
        List<Problem> problems = onReloadThread(reloader::load);
        Snapshot live = reloader.current();
        if (live != null && !Reloader.hasErrors(problems)) {
            LOG.info(
                    "configuration is live: fingerprint={} services={} routes={} consumers={} plugins={} load_ms={}",
                    live.config().fingerprint(),
                    live.config().services().size(),
                    live.config().routes().size(),
                    live.config().consumers().size(),
                    live.config().plugins().size(),
                    (reloader.liveAt() - begin) / 1_000_000);
        }
        return problems;
    }

    /** A plugin's fault outside of exchanges. */
    private void pluginFailed(String plugin, String phase, Throwable cause) {
        counters.pluginFailed(plugin, phase);
        LOG.error("plugin failed: plugin={} phase={}", plugin, phase, cause);
    }

    private @Nullable String owner(@Nullable String loader, String className) {
        Snapshot live = reloader.current();
        return live == null ? null : live.owner(loader, className);
    }

    private static Environment environment(Settings settings) {
        Map<String, String> variables = settings.environment();
        return variables::get;
    }

    private static Vaults vaults(Settings settings) {
        Map<String, String> variables = settings.environment();
        return new Vaults(variables::get, settings.vaults(), Clock.systemUTC());
    }

    private static long exchangeDeadline(Settings settings) {
        Duration deadline = settings.exchangeDeadline();
        return deadline == null ? 0 : deadline.toNanos();
    }

    private static Redirects redirects(Settings settings) {
        List<Redirects.Redirect> redirects = new ArrayList<>();
        for (Settings.ConnectTo redirect : settings.connectTo()) {
            redirects.add(new Redirects.Redirect(origin(redirect.from()), origin(redirect.to())));
        }
        return new Redirects(redirects);
    }

    private static Redirects.Origin origin(Settings.Origin origin) {
        return new Redirects.Origin(origin.tls(), origin.host().toLowerCase(Locale.ROOT), origin.port());
    }

    private static java.util.concurrent.ThreadFactory daemon(String name) {
        return action -> {
            Thread thread = new Thread(action, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private <T> T onReloadThread(java.util.concurrent.Callable<T> action) {
        try {
            return reloadThread.submit(action).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static boolean waitFor(Duration limit, java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private static <T> T await(Future<T> future, List<Settings.Listen> listeners) throws StartException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("start was interrupted", e);
        } catch (TimeoutException e) {
            throw new StartException("start took longer than " + START_LIMIT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new StartException(message(cause, listeners), cause);
        }
    }

    private static String message(Throwable cause, List<Settings.Listen> listeners) {
        // a BindException, or with native transport an exception of Netty's own
        if (cause instanceof IOException || cause.getCause() instanceof IOException) {
            String addresses = String.join(
                    " or ", listeners.stream().map(Settings.Listen::address).toList());
            return "cannot listen on " + addresses + ": " + cause.getMessage();
        }
        return "cannot start: " + cause;
    }

    private static void quietly(Future<?> future) {
        try {
            future.toCompletionStage().toCompletableFuture().get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("not everything was closed", e);
        }
    }

    /** The gateway's own eyes on its exchanges. */
    private final class Observer implements ExchangeObserver {
        @Override
        public void begun(boolean matched) {
            counters.begun();
            if (!matched) {
                counters.unmatched();
            }
        }

        @Override
        public void refused() {
            counters.refused();
        }

        @Override
        public void shed(String reason) {
            counters.shed(reason);
        }

        @Override
        public void pluginFailed(String plugin, String phase, Throwable cause, String requestId) {
            counters.pluginFailed(plugin, phase);
            LOG.error("plugin failed: plugin={} phase={} request_id={}", plugin, phase, requestId, cause);
        }

        @Override
        public void bodyCodeFailed(Class<?> culprit, String method, Throwable cause) {
            String owner = owner(culprit.getClassLoader().getName(), culprit.getName());
            String plugin = owner == null ? "unknown" : owner;
            counters.pluginFailed(plugin, "transform");
            LOG.error(
                    "plugin failed: plugin={} phase=transform culprit={}.{}", plugin, culprit.getName(), method, cause);
        }

        @Override
        public void ended(Completion completion) {
            counters.ended(completion);
        }
    }

    /** What the metrics show of the node. */
    private final class Facts implements NodeFacts {
        private final String id = UUID.randomUUID().toString();

        @Override
        public String nodeId() {
            return id;
        }

        @Override
        public String version() {
            return Gateway.version();
        }

        @Override
        public long connectionsAccepted() {
            return traffic.accepted();
        }

        @Override
        public long connectionsActive() {
            return traffic.active();
        }

        @Override
        public long requests() {
            return traffic.requests();
        }

        @Override
        public long exchangesInFlight() {
            return traffic.inFlight();
        }

        @Override
        public int workersBusy() {
            return internalMetrics.workersBusy();
        }

        @Override
        public int workersQueued() {
            return internalMetrics.workersQueued();
        }
    }

    /** What the Admin and the Status API show. */
    private final class View implements AdminView {
        private volatile LogLevel logLevel = settings.logLevel();

        @Override
        public @Nullable Snapshot live() {
            return reloader.current();
        }

        @Override
        public ConfigStore store() {
            return store;
        }

        @Override
        public boolean mayEdit() {
            return !settings.admin().keep() || settings.admin().place(settings.configs()) != null;
        }

        @Override
        public LogLevel logLevel() {
            return logLevel;
        }

        @Override
        public boolean logLevel(LogLevel level) {
            if (!LogLevels.areOurs()) {
                return false;
            }
            LogLevels.set(level);
            logLevel = level;
            return true;
        }

        @Override
        public NodeFacts node() {
            return facts;
        }

        @Override
        public Readiness readiness() {
            Snapshot live = reloader.current();
            if (draining) {
                return Readiness.DRAINING;
            }
            return live == null || live.config().isEmpty() ? Readiness.NO_CONFIGURATION : Readiness.READY;
        }

        @Override
        public void drain() {
            draining = true;
        }

        @Override
        public String configurationHash() {
            Snapshot live = reloader.current();
            return live == null || live.config().isEmpty()
                    ? EMPTY_CONFIGURATION
                    : live.config().fingerprint();
        }

        @Override
        public Map<String, AvailablePlugin> availablePlugins() {
            Map<String, AvailablePlugin> all = new LinkedHashMap<>();
            Snapshot live = reloader.current();
            if (live != null) {
                for (PluginCatalogue.Known known : live.catalogue().plugins()) {
                    all.put(
                            known.factory().name(),
                            new AvailablePlugin(known.version(), known.factory().priority()));
                }
            }
            return all;
        }

        @Override
        public Set<String> enabledPlugins() {
            Snapshot live = reloader.current();
            return live == null ? Set.of() : live.pluginNames();
        }

        @Override
        public Map<String, Object> settings() {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("database", "off");
            shown.put(
                    "declarative_config",
                    settings.configs().stream().map(Path::toString).toList());
            shown.put("proxy_listen", addresses(settings.proxyListen()));
            shown.put("admin_listen", addresses(settings.adminListen()));
            shown.put("status_listen", addresses(settings.statusListen()));
            shown.put("log_level", logLevel.name().toLowerCase(Locale.ROOT));
            shown.put("router_flavor", settings.routerFlavor().setting());
            return shown;
        }

        private List<String> addresses(List<Settings.Listen> listeners) {
            return listeners.stream().map(Settings.Listen::address).toList();
        }

        @Override
        public @Nullable Balancer upstream(String idOrName) {
            return balancers.find(idOrName);
        }

        @Override
        public List<String> connectTo() {
            return settings.connectTo().stream()
                    .map(Settings.ConnectTo::toString)
                    .toList();
        }
    }
}
