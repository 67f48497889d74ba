package io.gatehouse.core;

import static java.util.Objects.requireNonNull;

import com.sun.management.UnixOperatingSystemMXBean;
import io.gatehouse.core.balancer.DnsOptions;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.server.Limits;
import io.gatehouse.core.server.ProxyServer;
import io.gatehouse.core.service.EnvVaultConfig;
import io.gatehouse.core.service.VaultConfig;
import io.gatehouse.core.upstream.TlsDefaults;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one gateway process is set up: what is not in the configuration files. Immutable.
 *
 * <p>Each setting can come from a command line option, a {@code GATEHOUSE_*} variable or, where Kong has one, its
 * {@code KONG_*} variable; the first of these that is present wins. {@code docs/configuration.md} lists them.
 *
 * <pre>{@code
 * Settings settings = Settings.builder()
 *         .configs(List.of(Path.of("gatehouse.yaml")))
 *         .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
 *         .build();
 * }</pre>
 *
 * @param configs configuration files and folders, merged in this order
 * @param plugins folders that are searched for plugin JARs
 * @param connectTo connections that go elsewhere than the URI says
 * @param proxyListen proxy listeners; empty when off
 * @param adminListen Admin API listeners; empty when off
 * @param statusListen Status API listeners; empty when off
 * @param admin who may do what over the Admin API, and where its changes are kept
 * @param logLevel what the error log shows
 * @param sslCert PEM file with the certificate chain of TLS listeners
 * @param sslCertKey PEM file with the key of {@code sslCert}
 * @param tlsVersions versions of TLS that clients may speak: {@code TLSv1.2}, {@code TLSv1.3}
 * @param tlsCiphers cipher suites that clients may choose, by Java's names
 * @param compat whose defaults apply where Kong's versions differ
 * @param routerFlavor in which ways routes may say what they are for
 * @param drainTimeout how long exchanges in flight may take to end on SIGTERM
 * @param pluginTimeLimit how long a plugin may take until its response head, not counting the time it waits for the
 *     upstream
 * @param exchangeDeadline how long an exchange may take in all: afterwards there is a 504, or a response that has begun
 *     breaks off; null for as long as it likes
 * @param clientLimits what clients may take of time and memory
 * @param upstreamTls TLS with upstreams where a service says nothing about it
 * @param proxy how requests are passed on and answers made
 * @param shedAt how much of the heap, in percent, may outlive a collection before new requests are answered 503; 0 for
 *     however much
 * @param vaults the config of each type of vault that references name directly, by type
 * @param vaultRotation how often secrets are read again
 * @param dns how names of upstreams are resolved
 * @param watch whether changed configuration files and plugin JARs are loaded by themselves
 * @param eventLoops number of event loops
 * @param environment what {@code $NAME}, {@code ${{ env "NAME" }}} and {@code {vault://env/name}} in files refer to
 * @param warnings what the one who started the gateway should be told about these settings, one line each
 */
public record Settings(
        List<Path> configs,
        List<Path> plugins,
        List<ConnectTo> connectTo,
        List<Listen> proxyListen,
        List<Listen> adminListen,
        List<Listen> statusListen,
        AdminSettings admin,
        LogLevel logLevel,
        @Nullable Path sslCert,
        @Nullable Path sslCertKey,
        Set<String> tlsVersions,
        List<String> tlsCiphers,
        Compat compat,
        RouterFlavor routerFlavor,
        Duration drainTimeout,
        Duration pluginTimeLimit,
        @Nullable Duration exchangeDeadline,
        ClientLimits clientLimits,
        TlsDefaults upstreamTls,
        ProxySettings proxy,
        int shedAt,
        Map<String, VaultConfig> vaults,
        Duration vaultRotation,
        DnsOptions dns,
        boolean watch,
        int eventLoops,
        Map<String, String> environment,
        List<String> warnings) {

    /** Copies all collections. */
    public Settings {
        configs = List.copyOf(configs);
        plugins = List.copyOf(plugins);
        connectTo = List.copyOf(connectTo);
        proxyListen = List.copyOf(proxyListen);
        adminListen = List.copyOf(adminListen);
        statusListen = List.copyOf(statusListen);
        tlsVersions = Set.copyOf(tlsVersions);
        tlsCiphers = List.copyOf(tlsCiphers);
        environment = Map.copyOf(environment);
        warnings = List.copyOf(warnings);
        requireNonNull(admin, "admin");
        requireNonNull(logLevel, "logLevel");
        requireNonNull(compat, "compat");
        requireNonNull(routerFlavor, "routerFlavor");
        requireNonNull(drainTimeout, "drainTimeout");
        requireNonNull(pluginTimeLimit, "pluginTimeLimit");
        requireNonNull(clientLimits, "clientLimits");
        requireNonNull(upstreamTls, "upstreamTls");
        requireNonNull(proxy, "proxy");
        if (shedAt < 0 || shedAt > 99) {
            throw new IllegalArgumentException("shedAt: " + shedAt + " (expected: 0-99)");
        }
        requireNonNull(vaultRotation, "vaultRotation");
        requireNonNull(dns, "dns");
        vaults = Map.copyOf(vaults);
        if (eventLoops < 1) {
            throw new IllegalArgumentException("eventLoops: " + eventLoops + " (expected: 1 or more)");
        }
    }

    /** Kong's log levels. {@code notice} is the default. */
    public enum LogLevel {
        /** All there is. */
        DEBUG,
        /** As {@code notice}, and what the libraries tell about their own work. */
        INFO,
        /** Start, reload and stop. */
        NOTICE,
        /** What an operator may want to look at: faults of upstreams, refused reloads. */
        WARN,
        /** Faults of the gateway or of a plugin. */
        ERROR,
        /** Nothing of ours is as grave: silent. */
        CRIT,
        /** Silent. */
        ALERT,
        /** Silent. */
        EMERG
    }

    /**
     * One listener.
     *
     * @param host address or host name to bind, IPv6 without brackets
     * @param port 0 to 65535; 0 for any free one
     * @param ssl whether it speaks TLS
     * @param http2 whether clients may speak HTTP/2: chosen in the TLS handshake, or in clear text with prior knowledge
     * @param reusePort whether several processes may share the port
     * @param backlog length of the queue of connections not yet accepted; -1 for the system's own
     * @param proxyProtocol whether each connection begins with the PROXY protocol's word on its client
     */
    public record Listen(
            String host, int port, boolean ssl, boolean http2, boolean reusePort, int backlog, boolean proxyProtocol) {
        /** Checks the port. */
        public Listen {
            requireNonNull(host, "host");
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("port: " + port + " (expected: 0-65535)");
            }
        }

        /** A listener of HTTP/1 alone. */
        public Listen(String host, int port, boolean ssl, boolean reusePort, int backlog) {
            this(host, port, ssl, false, reusePort, backlog, false);
        }

        /** A listener without the PROXY protocol. */
        public Listen(String host, int port, boolean ssl, boolean http2, boolean reusePort, int backlog) {
            this(host, port, ssl, http2, reusePort, backlog, false);
        }

        /** A listener without TLS and without flags. */
        public static Listen of(String host, int port) {
            return new Listen(host, port, false, false, -1);
        }

        /** The same listener, with HTTP/2. */
        public Listen withHttp2() {
            return new Listen(host, port, ssl, true, reusePort, backlog, proxyProtocol);
        }

        /** The same listener, with the PROXY protocol. */
        public Listen withProxyProtocol() {
            return new Listen(host, port, ssl, http2, reusePort, backlog, true);
        }

        /** {@code host:port}, with brackets round IPv6. */
        public String address() {
            return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + port;
        }
    }

    /**
     * What a client may take of the gateway's time and memory. nginx's defaults, but for the head, for which less time is
     * plenty, and the number of header lines.
     *
     * @param header for the whole head of a request, from its first byte, or from when the connection was opened
     * @param idle between two requests of a connection
     * @param body between two pieces of a request body that is waited for
     * @param send between two pieces of an answer that the client takes
     * @param maxHeaders header lines of a request
     * @param rates how slow bodies and answers may be
     * @param most how many there may be, and how large
     */
    public record ClientLimits(
            Duration header, Duration idle, Duration body, Duration send, int maxHeaders, Rates rates, Most most) {
        /** 10 s for a head, 75 s between requests, 60 s for the next piece of a body or an answer, 100 header lines. */
        public static final ClientLimits DEFAULT = new ClientLimits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(75),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                100,
                Rates.DEFAULT,
                Most.DEFAULT);

        /** Checks that nothing is missing. */
        public ClientLimits {
            requireNonNull(header, "header");
            requireNonNull(idle, "idle");
            requireNonNull(body, "body");
            requireNonNull(send, "send");
            requireNonNull(rates, "rates");
            requireNonNull(most, "most");
            if (maxHeaders < 1) {
                throw new IllegalArgumentException("maxHeaders: " + maxHeaders + " (expected: 1 or more)");
            }
        }
    }

    /**
     * How slow a client may be on average while it is waited for. What streams in both directions is not meant: gRPC and
     * WebSocket.
     *
     * @param body bytes of a request body per second; 0 for any number
     * @param send bytes of an answer per second that the client takes while some wait for it; 0 for any number
     * @param grace how long it may be slower
     */
    public record Rates(int body, int send, Duration grace) {
        /** 240 bytes per second after 5 s, as Kestrel has it. */
        public static final Rates DEFAULT = new Rates(240, 240, Duration.ofSeconds(5));

        /** Checks that nothing is missing. */
        public Rates {
            requireNonNull(grace, "grace");
            if (body < 0 || send < 0) {
                throw new IllegalArgumentException("rates: " + body + ", " + send + " (expected: 0 or more)");
            }
        }
    }

    /**
     * How many connections and requests there may be at a time, and how large a head may be.
     *
     * @param connections of clients to all proxy listeners, further ones are closed at once; 0 for any number
     * @param exchanges at a time, further ones are answered 503; 0 for any number
     * @param lineBytes of a request line
     * @param headBytes of all headers of a request
     */
    public record Most(int connections, int exchanges, int lineBytes, int headBytes) {
        /**
         * 50,000 connections, as Envoy has it for the edge, but no more than half of the file descriptors: most requests
         * need another one for their upstream. 50,000 exchanges, 32 KiB for a request line, 64 KiB for headers.
         */
        public static final Most DEFAULT = new Most(halfOfDescriptors(50_000), 50_000, 32 * 1024, 64 * 1024);

        /** Checks the numbers. */
        public Most {
            if (connections < 0 || exchanges < 0 || lineBytes < 1 || headBytes < 1) {
                throw new IllegalArgumentException("most: " + connections + ", " + exchanges + ", " + lineBytes + ", "
                        + headBytes + " (expected: 0 or more, for sizes 1 or more)");
            }
        }

        private static int halfOfDescriptors(int most) {
            return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                    ? (int) Math.max(1, Math.min(most, system.getMaxFileDescriptorCount() / 2))
                    : most;
        }
    }

    /**
     * Sends the connections meant for one origin to another: scheme, address and port of the connection change, while
     * URI, {@code Host} header, path and all other headers stay.
     *
     * @param from scheme, host and port as they stand in configuration
     * @param to where to connect instead
     */
    public record ConnectTo(Origin from, Origin to) {
        /** As it is written in settings. */
        @Override
        public String toString() {
            return from + "=" + to;
        }
    }

    /**
     * Scheme, host and port.
     *
     * @param scheme {@code http} or {@code https}
     * @param host lower case, IPv6 without brackets
     * @param port 1 to 65535
     */
    public record Origin(String scheme, String host, int port) {
        /** Whether the connection speaks TLS. */
        public boolean tls() {
            return scheme.equals("https");
        }

        /** As a URI, the port left out where it is the scheme's own. */
        @Override
        public String toString() {
            String name = host.indexOf(':') < 0 ? host : '[' + host + ']';
            return scheme + "://" + name + (port == (tls() ? 443 : 80) ? "" : ":" + port);
        }
    }

    List<ProxyServer.Listener> listeners() {
        return proxyListen.stream()
                .map(listen -> new ProxyServer.Listener(
                        listen.host(),
                        listen.port(),
                        listen.ssl(),
                        listen.http2(),
                        listen.reusePort(),
                        listen.backlog(),
                        listen.proxyProtocol()))
                .toList();
    }

    Limits limits() {
        ClientLimits own = clientLimits;
        return new Limits(
                own.header().toNanos(),
                own.idle().toNanos(),
                own.body().toNanos(),
                own.send().toNanos(),
                own.maxHeaders(),
                own.rates().grace().toNanos(),
                own.rates().body(),
                own.rates().send(),
                orAny(proxy.maxBodyBytes()),
                own.most().lineBytes(),
                own.most().headBytes(),
                orAny(own.most().exchanges()));
    }

    long mostAnswerBytes() {
        return orAny(proxy.maxAnswerBytes());
    }

    private static long orAny(long most) {
        return most == 0 ? Long.MAX_VALUE : most;
    }

    /** All defaults, without any configuration file. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        Builder b = new Builder();
        b.configs = configs;
        b.plugins = plugins;
        b.connectTo = connectTo;
        b.proxyListen = proxyListen;
        b.adminListen = adminListen;
        b.statusListen = statusListen;
        b.admin = admin;
        b.logLevel = logLevel;
        b.sslCert = sslCert;
        b.sslCertKey = sslCertKey;
        b.tlsVersions = tlsVersions;
        b.tlsCiphers = tlsCiphers;
        b.compat = compat;
        b.routerFlavor = routerFlavor;
        b.drainTimeout = drainTimeout;
        b.pluginTimeLimit = pluginTimeLimit;
        b.exchangeDeadline = exchangeDeadline;
        b.clientLimits = clientLimits;
        b.upstreamTls = upstreamTls;
        b.proxy = proxy;
        b.shedAt = shedAt;
        b.vaults = vaults;
        b.vaultRotation = vaultRotation;
        b.dns = dns;
        b.watch = watch;
        b.eventLoops = eventLoops;
        b.environment = environment;
        b.warnings = warnings;
        return b;
    }

    /**
     * Reads settings from the environment and the command line.
     *
     * @param environment all environment variables of the process
     * @param options values of command line options by name, {@code --config} to its files; these win
     * @throws ConfigException with every problem, each naming the variable or option, its value and what is expected
     */
    public static Settings from(Map<String, String> environment, Map<String, List<String>> options)
            throws ConfigException {
        return new SettingsReader(environment, options).read();
    }

    /** Without {@link #environment()}, whose values may be secrets. */
    @Override
    public String toString() {
        return "Settings[configs=" + configs + ", plugins=" + plugins + ", connectTo=" + connectTo + ", proxyListen="
                + proxyListen + ", adminListen=" + adminListen + ", statusListen=" + statusListen + ", logLevel="
                + logLevel + ", sslCert=" + sslCert + ", tlsVersions=" + tlsVersions + ", tlsCiphers=" + tlsCiphers
                + ", compat=" + compat
                + ", routerFlavor=" + routerFlavor
                + ", drainTimeout=" + drainTimeout
                + ", pluginTimeLimit=" + pluginTimeLimit + ", exchangeDeadline=" + exchangeDeadline
                + ", clientLimits=" + clientLimits + ", upstreamTls=" + upstreamTls + ", proxy=" + proxy + ", shedAt="
                + shedAt + ", vaults=" + vaults
                + ", vaultRotation=" + vaultRotation + ", dns=" + dns + ", watch=" + watch + ", eventLoops="
                + eventLoops + "]";
    }

    /** Collects settings; each method replaces one value and returns this. Not for use by several threads. */
    public static final class Builder {
        private List<Path> configs = List.of();
        private List<Path> plugins = List.of();
        private List<ConnectTo> connectTo = List.of();
        private List<Listen> proxyListen = List.of(Listen.of("0.0.0.0", 8000));
        private List<Listen> adminListen = List.of(Listen.of("127.0.0.1", 8001));
        private List<Listen> statusListen = List.of(Listen.of("127.0.0.1", 8100));
        private AdminSettings admin = AdminSettings.DEFAULT;
        private LogLevel logLevel = LogLevel.NOTICE;
        private @Nullable Path sslCert;
        private @Nullable Path sslCertKey;
        private Set<String> tlsVersions = Set.of("TLSv1.2", "TLSv1.3");
        private List<String> tlsCiphers = CipherSuites.INTERMEDIATE;
        private Compat compat = Compat.UNSET;
        private RouterFlavor routerFlavor = RouterFlavor.TRADITIONAL_COMPATIBLE;
        private Duration drainTimeout = Duration.ofSeconds(30);
        private Duration pluginTimeLimit = Duration.ofSeconds(60);
        private @Nullable Duration exchangeDeadline;
        private ClientLimits clientLimits = ClientLimits.DEFAULT;
        private TlsDefaults upstreamTls = TlsDefaults.NONE;
        private ProxySettings proxy = ProxySettings.DEFAULT;
        private int shedAt = 95;
        private Map<String, VaultConfig> vaults = Map.of("env", EnvVaultConfig.PLAIN);
        private Duration vaultRotation = Duration.ofSeconds(60);
        private DnsOptions dns = DnsOptions.DEFAULT;
        private boolean watch = true;
        private int eventLoops = Runtime.getRuntime().availableProcessors();
        private Map<String, String> environment = Map.of();
        private List<String> warnings = List.of();

        private Builder() {}

        /** See {@link Settings#configs()}. */
        public Builder configs(List<Path> value) {
            configs = value;
            return this;
        }

        /** See {@link Settings#plugins()}. */
        public Builder plugins(List<Path> value) {
            plugins = value;
            return this;
        }

        /** See {@link Settings#connectTo()}. */
        public Builder connectTo(List<ConnectTo> value) {
            connectTo = value;
            return this;
        }

        /** See {@link Settings#proxyListen()}. */
        public Builder proxyListen(List<Listen> value) {
            proxyListen = value;
            return this;
        }

        /** See {@link Settings#adminListen()}. */
        public Builder adminListen(List<Listen> value) {
            adminListen = value;
            return this;
        }

        /** See {@link Settings#statusListen()}. */
        public Builder statusListen(List<Listen> value) {
            statusListen = value;
            return this;
        }

        /** See {@link Settings#admin()}. */
        public Builder admin(AdminSettings value) {
            admin = value;
            return this;
        }

        /** See {@link Settings#logLevel()}. */
        public Builder logLevel(LogLevel value) {
            logLevel = value;
            return this;
        }

        /** See {@link Settings#sslCert()} and {@link Settings#sslCertKey()}. */
        public Builder ssl(@Nullable Path cert, @Nullable Path key) {
            sslCert = cert;
            sslCertKey = key;
            return this;
        }

        /** See {@link Settings#tlsVersions()}. */
        public Builder tlsVersions(Set<String> value) {
            tlsVersions = value;
            return this;
        }

        /** See {@link Settings#tlsCiphers()}. */
        public Builder tlsCiphers(List<String> value) {
            tlsCiphers = value;
            return this;
        }

        /** See {@link Settings#compat()}. */
        public Builder compat(Compat value) {
            compat = value;
            return this;
        }

        /** See {@link Settings#routerFlavor()}. */
        public Builder routerFlavor(RouterFlavor value) {
            routerFlavor = value;
            return this;
        }

        /** See {@link Settings#drainTimeout()}. */
        public Builder drainTimeout(Duration value) {
            drainTimeout = value;
            return this;
        }

        /** See {@link Settings#pluginTimeLimit()}. */
        public Builder pluginTimeLimit(Duration value) {
            pluginTimeLimit = value;
            return this;
        }

        /** See {@link Settings#exchangeDeadline()}. */
        public Builder exchangeDeadline(@Nullable Duration value) {
            exchangeDeadline = value;
            return this;
        }

        /** See {@link Settings#clientLimits()}. */
        public Builder clientLimits(ClientLimits value) {
            clientLimits = value;
            return this;
        }

        /** See {@link Settings#upstreamTls()}. */
        public Builder upstreamTls(TlsDefaults value) {
            upstreamTls = value;
            return this;
        }

        /** See {@link Settings#proxy()}. */
        public Builder proxy(ProxySettings value) {
            proxy = value;
            return this;
        }

        /** See {@link Settings#shedAt()}. */
        public Builder shedAt(int value) {
            shedAt = value;
            return this;
        }

        /** See {@link Settings#vaults()}. */
        public Builder vaults(Map<String, VaultConfig> value) {
            vaults = value;
            return this;
        }

        /** See {@link Settings#vaultRotation()}. */
        public Builder vaultRotation(Duration value) {
            vaultRotation = value;
            return this;
        }

        /** See {@link Settings#dns()}. */
        public Builder dns(DnsOptions value) {
            dns = value;
            return this;
        }

        /** See {@link Settings#watch()}. */
        public Builder watch(boolean value) {
            watch = value;
            return this;
        }

        /** See {@link Settings#eventLoops()}. */
        public Builder eventLoops(int value) {
            eventLoops = value;
            return this;
        }

        /** See {@link Settings#environment()}. */
        public Builder environment(Map<String, String> value) {
            environment = value;
            return this;
        }

        /** See {@link Settings#warnings()}. */
        public Builder warnings(List<String> value) {
            warnings = value;
            return this;
        }

        /** The settings. */
        public Settings build() {
            return new Settings(
                    configs,
                    plugins,
                    connectTo,
                    proxyListen,
                    adminListen,
                    statusListen,
                    admin,
                    logLevel,
                    sslCert,
                    sslCertKey,
                    tlsVersions,
                    tlsCiphers,
                    compat,
                    routerFlavor,
                    drainTimeout,
                    pluginTimeLimit,
                    exchangeDeadline,
                    clientLimits,
                    upstreamTls,
                    proxy,
                    shedAt,
                    vaults,
                    vaultRotation,
                    dns,
                    watch,
                    eventLoops,
                    environment,
                    warnings);
        }
    }
}
