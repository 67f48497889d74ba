package io.gatehouse.core;

import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.ConnectTo;
import io.gatehouse.core.Settings.Listen;
import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.Settings.Origin;
import io.gatehouse.core.balancer.DnsOptions;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.entity.Pem;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.service.EnvVaultConfig;
import io.gatehouse.core.service.FsVaultConfig;
import io.gatehouse.core.service.VaultConfig;
import io.gatehouse.core.service.VaultReference;
import io.gatehouse.core.service.Vaults;
import io.gatehouse.core.upstream.TlsDefaults;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns variables and options into {@link Settings}; collects every problem before it complains. */
final class SettingsReader {
    private static final String LISTEN_GRAMMAR =
            "ip:port [ssl] [http2] [proxy_protocol] [reuseport] [backlog=n], several separated by commas, or off";

    /** What Kong knows and Gatehouse has not built. */
    private static final Set<String> KONG_ONLY_FLAGS = Set.of("deferred", "bind", "ipv6only", "so_keepalive");

    /** Of Kong's second DNS client, and what ours always does: names are asked for once, however many want them. */
    private static final Set<String> NOT_BUILT_DNS = Set.of(
            "KONG_DNS_NO_SYNC",
            "KONG_NEW_DNS_CLIENT",
            "KONG_RESOLVER_ADDRESS",
            "KONG_RESOLVER_HOSTS_FILE",
            "KONG_RESOLVER_FAMILY",
            "KONG_RESOLVER_VALID_TTL",
            "KONG_RESOLVER_ERROR_TTL",
            "KONG_RESOLVER_STALE_TTL",
            "KONG_RESOLVER_LRU_CACHE_SIZE",
            "KONG_RESOLVER_MEM_CACHE_SIZE");

    /** Read by the start script, not here. */
    private static final Set<String> SCRIPT_VARIABLES = Set.of("GATEHOUSE_HOME", "GATEHOUSE_JAVA_HOME");

    private static final long MOST_HEAD_BYTES = 16 * 1024 * 1024;

    private final Map<String, String> environment;
    private final Map<String, List<String>> options;
    private final List<String> problems = new ArrayList<>();
    private final Set<String> known = new TreeSet<>(SCRIPT_VARIABLES);
    private Vaults.@Nullable References references;

    SettingsReader(Map<String, String> environment, Map<String, List<String>> options) {
        this.environment = environment;
        this.options = options;
    }

    /**
     * Where a value came from, so that messages can name it.
     *
     * @param name variable or option
     * @param values what it says; several only for an option given several times
     */
    private record Source(String name, List<String> values) {}

    Settings read() throws ConfigException {
        Settings.Builder b = Settings.builder().environment(environment);
        Map<String, VaultConfig> vaults = vaults();
        references = new Vaults(environment::get, vaults, Clock.systemUTC()).draft();

        list("--config", "GATEHOUSE_CONFIG", "KONG_DECLARATIVE_CONFIG", this::path, b::configs);
        list("--plugins", "GATEHOUSE_PLUGINS", null, this::path, b::plugins);
        list("--connect-to", "GATEHOUSE_CONNECT_TO", null, this::connectTo, b::connectTo);

        Path cert = one("--ssl-cert", "GATEHOUSE_SSL_CERT", "KONG_SSL_CERT", this::path);
        Path key = one("--ssl-cert-key", "GATEHOUSE_SSL_CERT_KEY", "KONG_SSL_CERT_KEY", this::path);
        if ((cert == null) != (key == null)) {
            problems.add(
                    cert == null
                            ? "KONG_SSL_CERT: missing (expected: the certificate that belongs to KONG_SSL_CERT_KEY)"
                            : "KONG_SSL_CERT_KEY: missing (expected: the key that belongs to KONG_SSL_CERT)");
        }
        b.ssl(cert, key);
        set(one(null, "GATEHOUSE_SSL_PROTOCOLS", "KONG_SSL_PROTOCOLS", this::tlsVersions), b::tlsVersions);
        ciphers(b);
        boolean tls = cert != null && key != null;

        List<Listen> proxy = one("--proxy-listen", "GATEHOUSE_PROXY_LISTEN", "KONG_PROXY_LISTEN", this::listeners);
        if (proxy != null) {
            b.proxyListen(proxy);
        } else if (tls) {
            b.proxyListen(List.of(Listen.of("0.0.0.0", 8000), new Listen("0.0.0.0", 8443, true, true, false, -1)));
        }
        List<Listen> admin = one("--admin-listen", "GATEHOUSE_ADMIN_LISTEN", "KONG_ADMIN_LISTEN", this::listeners);
        if (admin != null) {
            b.adminListen(admin);
        }
        List<Listen> status = one("--status-listen", "GATEHOUSE_STATUS_LISTEN", "KONG_STATUS_LISTEN", this::listeners);
        if (status != null) {
            b.statusListen(status);
        }
        wantClearText("KONG_ADMIN_LISTEN", admin);
        wantClearText("KONG_STATUS_LISTEN", status);

        b.admin(admin());
        set(one("--log-level", "GATEHOUSE_LOG_LEVEL", "KONG_LOG_LEVEL", this::logLevel), b::logLevel);
        set(one("--compat", "GATEHOUSE_COMPAT", null, this::compat), b::compat);
        set(
                one("--router-flavor", "GATEHOUSE_ROUTER_FLAVOR", "KONG_ROUTER_FLAVOR", this::routerFlavor),
                b::routerFlavor);
        set(one(null, "GATEHOUSE_DRAIN_TIMEOUT", null, this::duration), b::drainTimeout);
        set(one(null, "GATEHOUSE_PLUGIN_TIME_LIMIT", null, this::positiveDuration), b::pluginTimeLimit);
        set(one(null, "GATEHOUSE_EXCHANGE_DEADLINE", null, this::positiveDuration), b::exchangeDeadline);
        b.clientLimits(clientLimits());
        b.upstreamTls(upstreamTls());
        b.proxy(new ProxySettingsReader(this).read());
        set(one(null, "GATEHOUSE_SHED_AT", null, this::percentOrOff), b::shedAt);
        b.vaults(vaults);
        set(
                one(null, "GATEHOUSE_VAULT_ROTATION_INTERVAL", "KONG_VAULT_ROTATION_INTERVAL", this::positiveDuration),
                b::vaultRotation);
        b.dns(dns());
        set(one(null, "GATEHOUSE_WATCH", null, this::onOff), b::watch);
        set(one(null, "GATEHOUSE_EVENT_LOOPS", null, (name, text) -> count(name, text, 1024)), b::eventLoops);

        refuseWhatIsMissed();
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return b.warnings(warnings()).build();
    }

    /** What Kong knows and Gatehouse does not, where that would show. */
    private void refuseWhatIsMissed() {
        for (Map.Entry<String, String> one : new TreeMap<>(environment).entrySet()) {
            String refusal = known.contains(one.getKey()) ? null : KongConf.refusal(one.getKey(), one.getValue());
            if (refusal != null) {
                problems.add(refusal);
            }
        }
    }

    /** Kong's settings of its DNS client; those that it has beside these are refused. */
    private DnsOptions dns() {
        DnsOptions usual = DnsOptions.DEFAULT;
        for (String name : new TreeSet<>(environment.keySet())) {
            if (NOT_BUILT_DNS.contains(name)) {
                known.add(name);
                String value = environment.get(name);
                if (value != null && !value.isBlank() && !value.strip().equals("off")) {
                    problem(name, value, "not set: use KONG_DNS_RESOLVER, _HOSTSFILE, _ORDER and the other KONG_DNS_*");
                }
            }
        }
        return new DnsOptions(
                or(dns("RESOLVER", this::servers), usual.servers()),
                or(dns("HOSTSFILE", this::path), usual.hostsFile()),
                usual.resolverFile(),
                or(dns("ORDER", this::recordTypes), usual.order()),
                dns("VALID_TTL", this::duration),
                or(dns("STALE_TTL", this::duration), usual.staleTtl()),
                or(dns("NOT_FOUND_TTL", this::duration), usual.notFoundTtl()),
                or(dns("ERROR_TTL", this::duration), usual.errorTtl()),
                or(dns("CACHE_SIZE", (name, text) -> count(name, text, 1_000_000)), usual.cacheSize()),
                or(one(null, "GATEHOUSE_DNS_LOCAL", null, this::onOff), usual.local()));
    }

    private <T> @Nullable T dns(String name, Reading<T> reading) {
        return one(null, "GATEHOUSE_DNS_" + name, "KONG_DNS_" + name, reading);
    }

    private @Nullable List<InetSocketAddress> servers(String name, String text) {
        List<InetSocketAddress> all = new ArrayList<>();
        for (String item : text.split("[\\s,]+", -1)) {
            int colon = item.startsWith("[") ? item.indexOf("]:") + 1 : item.indexOf(':');
            boolean port = colon > 0 && (item.startsWith("[") || item.indexOf(':', colon + 1) < 0);
            String host = port ? item.substring(0, colon) : item;
            byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
            int number = port ? number(item.substring(colon + 1)) : 53;
            if (address == null || number < 1 || number > 65535) {
                problem(
                        name,
                        item,
                        "addresses of name servers, each with or without a port, as 10.0.0.2 or 10.0.0.2:53");
                return null;
            }
            try {
                all.add(new InetSocketAddress(InetAddress.getByAddress(address), number));
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e); // it is as long as an address
            }
        }
        return all;
    }

    private @Nullable List<DnsOptions.RecordType> recordTypes(String name, String text) {
        List<DnsOptions.RecordType> all = new ArrayList<>();
        for (String item : text.split("[\\s,]+", -1)) {
            try {
                all.add(DnsOptions.RecordType.valueOf(item.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                problem(name, item, "LAST, SRV, A, AAAA, CNAME, in the order to be tried");
                return null;
            }
        }
        boolean asks = all.stream()
                .anyMatch(type -> type != DnsOptions.RecordType.LAST && type != DnsOptions.RecordType.CNAME);
        if (!asks) {
            problem(name, text, "one of SRV, A, AAAA among them");
        }
        return asks ? all : null;
    }

    private AdminSettings admin() {
        String state = one(null, "GATEHOUSE_ADMIN_STATE_FILE", null, (name, text) -> text);
        boolean keep = !"off".equals(state);
        Path file = state == null || !keep ? null : path("GATEHOUSE_ADMIN_STATE_FILE", state);
        String token = one(null, "GATEHOUSE_ADMIN_TOKEN", null, (name, text) -> text);
        String readToken = one(null, "GATEHOUSE_ADMIN_READ_TOKEN", null, (name, text) -> text);
        if (readToken != null && (token == null || token.equals(readToken))) {
            problems.add(
                    "GATEHOUSE_ADMIN_READ_TOKEN: *** (expected: GATEHOUSE_ADMIN_TOKEN to be set, to another token)");
        }
        return new AdminSettings(file, keep, token, readToken);
    }

    private ClientLimits clientLimits() {
        ClientLimits usual = ClientLimits.DEFAULT;
        return new ClientLimits(
                limit("GATEHOUSE_CLIENT_HEADER_TIMEOUT", "CLIENT_HEADER_TIMEOUT", usual.header()),
                limit("GATEHOUSE_CLIENT_IDLE_TIMEOUT", "KEEPALIVE_TIMEOUT", usual.idle()),
                limit("GATEHOUSE_CLIENT_BODY_TIMEOUT", "CLIENT_BODY_TIMEOUT", usual.body()),
                limit("GATEHOUSE_CLIENT_SEND_TIMEOUT", "SEND_TIMEOUT", usual.send()),
                or(
                        one(
                                null,
                                "GATEHOUSE_CLIENT_MAX_HEADERS",
                                "KONG_LUA_MAX_REQ_HEADERS",
                                (name, text) -> count(name, text, 10_000)),
                        usual.maxHeaders()),
                new Settings.Rates(
                        or(
                                one(null, "GATEHOUSE_CLIENT_MIN_BODY_RATE", null, this::fromZero),
                                usual.rates().body()),
                        or(
                                one(null, "GATEHOUSE_CLIENT_MIN_SEND_RATE", null, this::fromZero),
                                usual.rates().send()),
                        or(
                                one(null, "GATEHOUSE_CLIENT_RATE_GRACE", null, this::positiveDuration),
                                usual.rates().grace())),
                most(usual.most()));
    }

    private Settings.Most most(Settings.Most usual) {
        Buffers nginx = or(
                one(
                        null,
                        "KONG_NGINX_PROXY_LARGE_CLIENT_HEADER_BUFFERS",
                        "KONG_NGINX_HTTP_LARGE_CLIENT_HEADER_BUFFERS",
                        this::buffers),
                new Buffers(usual.lineBytes(), usual.headBytes()));
        return new Settings.Most(
                or(one(null, "GATEHOUSE_CLIENT_MAX_CONNECTIONS", null, this::fromZero), usual.connections()),
                or(one(null, "GATEHOUSE_CLIENT_MAX_EXCHANGES", null, this::fromZero), usual.exchanges()),
                or(one(null, "GATEHOUSE_CLIENT_MAX_LINE_SIZE", null, this::headSize), nginx.line()),
                or(one(null, "GATEHOUSE_CLIENT_MAX_HEADER_SIZE", null, this::headSize), nginx.head()));
    }

    /**
     * What nginx reads heads into: a request line has to fit into one of its buffers.
     *
     * @param line bytes of one
     * @param head bytes of all
     */
    private record Buffers(int line, int head) {}

    private @Nullable Buffers buffers(String name, String text) {
        String[] words = text.split("\\s+", -1);
        long count = words.length == 2 ? number(words[0]) : -1;
        long size = words.length == 2 ? bytes(words[1]) : -1;
        if (count < 1 || size < 1 || count * size > MOST_HEAD_BYTES) {
            problem(name, text, "how many buffers and how large, as 4 8k, together at most 16m");
            return null;
        }
        return new Buffers((int) size, (int) (count * size));
    }

    private @Nullable Integer headSize(String name, String text) {
        long size = bytes(text);
        if (size < 1 || size > MOST_HEAD_BYTES) {
            problem(name, text, "a number of bytes, or of k or m, as 64k, at most 16m");
            return null;
        }
        return (int) size;
    }

    @Nullable
    Integer fromZero(String name, String text) {
        int number = number(text);
        if (number < 0) {
            problem(name, text, "0 or more");
            return null;
        }
        return number;
    }

    /** -1 when it is no number of bytes, or of k, m or g. */
    static long bytes(String text) {
        long factor = switch (text.isEmpty() ? ' ' : text.charAt(text.length() - 1)) {
            case 'k', 'K' -> 1024;
            case 'm', 'M' -> 1024 * 1024;
            case 'g', 'G' -> 1024 * 1024 * 1024;
            default -> 1;
        };
        int number = number(factor == 1 ? text : text.substring(0, text.length() - 1));
        return number < 0 ? -1 : number * factor;
    }

    /** Kong's settings for what it opens connections with itself hold for upstreams here, too. */
    private TlsDefaults upstreamTls() {
        Boolean shows = one(null, "GATEHOUSE_CLIENT_SSL", "KONG_CLIENT_SSL", this::onOff);
        String certificate = one(null, "GATEHOUSE_CLIENT_SSL_CERT", "KONG_CLIENT_SSL_CERT", this::certificate);
        String key = one(null, "GATEHOUSE_CLIENT_SSL_CERT_KEY", "KONG_CLIENT_SSL_CERT_KEY", this::key);
        boolean shown = Boolean.TRUE.equals(shows);
        if (shown && (certificate == null || key == null)) {
            problems.add("KONG_CLIENT_SSL: on (expected: KONG_CLIENT_SSL_CERT and KONG_CLIENT_SSL_CERT_KEY to be set)");
        }
        List<String> trusted = or(
                one(
                        null,
                        "GATEHOUSE_LUA_SSL_TRUSTED_CERTIFICATE",
                        "KONG_LUA_SSL_TRUSTED_CERTIFICATE",
                        (name, text) -> List.of(text.split("\\s*,\\s*"))),
                List.of("system"));
        Integer depth = one(
                null,
                "GATEHOUSE_LUA_SSL_VERIFY_DEPTH",
                "KONG_LUA_SSL_VERIFY_DEPTH",
                (name, text) -> count(name, text, 64));
        List<String> authorities = new ArrayList<>();
        for (String one : trusted) {
            if (!one.equals("system")) {
                String pem = certificate("KONG_LUA_SSL_TRUSTED_CERTIFICATE", one);
                if (pem != null) {
                    authorities.add(pem);
                }
            }
        }
        return new TlsDefaults(
                trusted.contains("system"),
                authorities,
                depth == null ? -1 : depth,
                shown ? certificate : null,
                shown ? key : null);
    }

    private @Nullable String certificate(String name, String text) {
        String pem = pem(name, text);
        if (pem != null && Pem.certificate(pem) == null) {
            problems.add(name + ": no certificate in it (expected: PEM)");
        }
        return pem;
    }

    private @Nullable String key(String name, String text) {
        String pem = pem(name, text);
        if (pem != null && Pem.privateKey(pem) == null) {
            problems.add(name + ": no key in it (expected: PEM without passphrase)");
        }
        return pem;
    }

    /** The text of a PEM file, or the text itself. */
    private @Nullable String pem(String name, String text) {
        if (text.contains("-----BEGIN ")) {
            return text;
        }
        Path file = path(name, text);
        if (file == null) {
            return null;
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            // what is no file may be a key: it is not shown
            problems.add(name + ": cannot be read (expected: the path of a PEM file, or PEM itself)");
            return null;
        }
    }

    private Duration limit(String variable, String directive, Duration usual) {
        return or(directive(variable, directive, this::positiveDuration), usual);
    }

    /** A directive that Kong would put into nginx's configuration, for its proxy or for all of HTTP. */
    <T> @Nullable T directive(String variable, String directive, Reading<T> reading) {
        String further = "KONG_NGINX_HTTP_" + directive;
        known.add(further);
        T nearer = one(null, variable, "KONG_NGINX_PROXY_" + directive, reading);
        return nearer != null ? nearer : one(null, further, null, reading);
    }

    private static <T> T or(@Nullable T value, T usual) {
        return value == null ? usual : value;
    }

    /** A misspelt variable must not pass in silence; it cannot be an error, since Kubernetes sets such names itself. */
    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (String name : new TreeSet<>(environment.keySet())) {
            if ((name.startsWith("GATEHOUSE_") || name.startsWith("KONG_")) && !known.contains(name)) {
                String nearest = Spelling.nearest(name, known);
                warnings.add(name + " has no effect: Gatehouse has no such setting"
                        + (nearest == null ? "" : " (nearest: " + nearest + ")"));
            }
        }
        return warnings;
    }

    /** The Admin and the Status API would be in clear text all the same, and nobody would know. */
    private void wantClearText(String variable, @Nullable List<Listen> listeners) {
        if (listeners != null) {
            for (Listen listen : listeners) {
                if (listen.ssl() || listen.http2() || listen.proxyProtocol()) {
                    String flag = listen.ssl() ? "ssl" : listen.http2() ? "http2" : "proxy_protocol";
                    problems.add(variable + ": " + listen.address() + " " + flag + " (expected: no flag " + flag
                            + ", which proxy listeners alone have)");
                }
            }
        }
    }

    private static <T> void set(@Nullable T value, Consumer<T> target) {
        if (value != null) {
            target.accept(value);
        }
    }

    private @Nullable Source source(@Nullable String option, String variable, @Nullable String kongVariable) {
        known.add(variable);
        if (kongVariable != null) {
            known.add(kongVariable);
        }
        if (option != null) {
            List<String> values = options.get(option);
            if (values != null && !values.isEmpty()) {
                return new Source(option, values);
            }
        }
        for (String name : kongVariable == null ? List.of(variable) : List.of(variable, kongVariable)) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                String text = dereferenced(name, value.strip());
                return text == null ? null : new Source(name, List.of(text));
            }
        }
        return null;
    }

    /** A setting may be a vault reference; one that yields nothing is noted as a problem, and null. */
    private @Nullable String dereferenced(String name, String value) {
        if (references == null || !VaultReference.isReference(value)) {
            return value;
        }
        Vaults.Lookup lookup = references.lookup(value);
        if (lookup.failure() != null) {
            problems.add(
                    "failed to dereference '" + value + "': " + lookup.failure() + " for config option '" + name + "'");
            return null;
        }
        return lookup.current().get();
    }

    /** The config of each type of vault; without a folder there is no fs vault. */
    private Map<String, VaultConfig> vaults() {
        Map<String, VaultConfig> all = new LinkedHashMap<>();
        all.put("env", vault("ENV", EnvVaultConfig.PLAIN, List.of("prefix", "base64_decode")));
        Source folder = source(null, "GATEHOUSE_VAULT_FS_PREFIX", "KONG_VAULT_FS_PREFIX");
        VaultConfig fs = vault(
                "FS",
                FsVaultConfig.in(folder == null ? "" : folder.values().get(0)),
                List.of("ttl", "neg_ttl", "resurrect_ttl", "base64_decode"));
        if (folder != null) {
            all.put("fs", fs);
        }
        return all;
    }

    private VaultConfig vault(String type, VaultConfig usual, List<String> fields) {
        VaultConfig config = usual;
        for (String field : fields) {
            String suffix = "_VAULT_" + type + "_" + field.toUpperCase(Locale.ROOT);
            Source source = source(null, "GATEHOUSE" + suffix, "KONG" + suffix);
            if (source != null) {
                try {
                    config = config.with(field, source.values().get(0));
                } catch (IllegalArgumentException wrong) {
                    problems.add(source.name() + ": " + wrong.getMessage());
                }
            }
        }
        return config;
    }

    /** Reads one value; returns null to say that it has noted a problem. */
    @FunctionalInterface
    interface Reading<T> {
        @Nullable
        T read(String name, String text);
    }

    <T> @Nullable T one(@Nullable String option, String variable, @Nullable String kongVariable, Reading<T> reading) {
        Source source = source(option, variable, kongVariable);
        return source == null
                ? null
                : reading.read(
                        source.name(), source.values().get(source.values().size() - 1));
    }

    /** An option is given once per value; a variable holds values separated by spaces or commas. */
    private <T> void list(
            String option,
            String variable,
            @Nullable String kongVariable,
            Reading<T> reading,
            Consumer<List<T>> target) {
        Source source = source(option, variable, kongVariable);
        if (source == null) {
            return;
        }
        List<T> all = new ArrayList<>();
        for (String value : source.values()) {
            for (String item : source.name().startsWith("--") && !option.equals("--connect-to")
                    ? new String[] {value}
                    : value.strip().split("[\\s,]+", -1)) {
                T read = reading.read(source.name(), item);
                if (read != null) {
                    all.add(read);
                }
            }
        }
        target.accept(all);
    }

    void problem(String name, String value, String expected) {
        problems.add(name + ": " + value + " (expected: " + expected + ")");
    }

    private @Nullable Path path(String name, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            problem(name, text, "the path of a file or folder");
            return null;
        }
    }

    private @Nullable ConnectTo connectTo(String name, String text) {
        String expected = "https://host=http://127.0.0.1:9999, scheme and host on both sides, no path";
        int middle = text.indexOf('=');
        Origin from = middle < 0 ? null : origin(text.substring(0, middle));
        Origin to = middle < 0 ? null : origin(text.substring(middle + 1));
        if (from == null || to == null) {
            problem(name, text, expected);
            return null;
        }
        return new ConnectTo(from, to);
    }

    private static @Nullable Origin origin(String text) {
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            String path = uri.getRawPath();
            if (!(scheme.equals("http") || scheme.equals("https"))
                    || uri.getHost() == null
                    || uri.getRawUserInfo() != null
                    || uri.getRawQuery() != null
                    || uri.getRawFragment() != null
                    || !(path == null || path.isEmpty() || path.equals("/"))
                    || uri.getPort() == 0
                    || uri.getPort() > 65535) {
                return null;
            }
            String host = uri.getHost().toLowerCase(Locale.ROOT);
            if (host.startsWith("[")) {
                host = host.substring(1, host.length() - 1);
            }
            int port = uri.getPort() > 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
            return new Origin(scheme, host, port);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private @Nullable List<Listen> listeners(String name, String text) {
        if (text.equals("off")) {
            return List.of();
        }
        List<Listen> all = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Listen listen = listener(name, part.strip());
            if (listen != null) {
                all.add(listen);
            }
        }
        return all;
    }

    private @Nullable Listen listener(String name, String text) {
        String[] words = text.split("\\s+", -1);
        String address = words[0];
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            host = ""; // IPv6 without brackets: where does the port begin?
        }
        if (host.isEmpty() || host.equals("off")) {
            problem(name, text, LISTEN_GRAMMAR);
            return null;
        }
        int port = number(address.substring(colon + 1));
        if (port < 0 || port > 65535) {
            problem(name, text, "a port of 0-65535, 0 for any free one");
            return null;
        }
        boolean ssl = false;
        boolean http2 = false;
        boolean proxyProtocol = false;
        boolean reusePort = false;
        int backlog = -1;
        for (int i = 1; i < words.length; i++) {
            String word = words[i];
            String flag = word.indexOf('=') < 0 ? word : word.substring(0, word.indexOf('='));
            switch (word) {
                case "ssl" -> ssl = true;
                case "http2" -> http2 = true;
                case "proxy_protocol" -> proxyProtocol = true;
                case "reuseport" -> reusePort = true;
                default -> {
                    if (flag.equals("backlog") && word.length() > 8 && number(word.substring(8)) > 0) {
                        backlog = number(word.substring(8));
                    } else if (KONG_ONLY_FLAGS.contains(flag)) {
                        problem(
                                name,
                                text,
                                "no flag " + flag
                                        + ", which Gatehouse does not have; it has ssl, http2, proxy_protocol, reuseport, backlog=n");
                        return null;
                    } else {
                        problem(name, text, LISTEN_GRAMMAR + "; " + word + " is none of these");
                        return null;
                    }
                }
            }
        }
        return new Listen(host, port, ssl, http2, reusePort, backlog, proxyProtocol);
    }

    /** -1 when it is none. */
    static int number(String text) {
        if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return Integer.parseInt(text);
    }

    /** As in Kong, a suite of the most modern ciphers leaves only TLS 1.3. */
    private void ciphers(Settings.Builder b) {
        String suite =
                or(one(null, "GATEHOUSE_SSL_CIPHER_SUITE", "KONG_SSL_CIPHER_SUITE", this::cipherSuite), "intermediate");
        List<String> own = one(null, "GATEHOUSE_SSL_CIPHERS", "KONG_SSL_CIPHERS", this::cipherNames);
        if (suite.equals("modern")) {
            b.tlsVersions(Set.of("TLSv1.3")).tlsCiphers(CipherSuites.MODERN);
        }
        if (suite.equals("custom") == (own != null)) {
            set(own, b::tlsCiphers);
        } else {
            problems.add(
                    own == null
                            ? "KONG_SSL_CIPHER_SUITE: custom (expected: KONG_SSL_CIPHERS to name the ciphers)"
                            : "KONG_SSL_CIPHERS: set (expected: KONG_SSL_CIPHER_SUITE to be custom)");
        }
    }

    private @Nullable String cipherSuite(String name, String text) {
        if (Set.of("modern", "intermediate", "custom").contains(text)) {
            return text;
        }
        problem(
                name,
                text,
                "modern, intermediate or custom" + (text.equals("old") ? "; Java speaks no TLS before 1.2" : ""));
        return null;
    }

    private @Nullable List<String> cipherNames(String name, String text) {
        List<String> all = new ArrayList<>();
        for (String one : text.split("[:\\s,]+", -1)) {
            String suite = CipherSuites.of(one);
            if (suite == null) {
                problem(
                        name,
                        one,
                        "names of OpenSSL or of Java with colons between them, of ciphers that this Java has");
            } else if (!CipherSuites.MODERN.contains(suite)) {
                all.add(suite);
            }
        }
        return CipherSuites.with(all);
    }

    private @Nullable Set<String> tlsVersions(String name, String text) {
        Set<String> versions = new TreeSet<>(List.of(text.split("\\s+", -1)));
        if (Set.of("TLSv1.2", "TLSv1.3").containsAll(versions)) {
            return versions;
        }
        problem(name, text, "TLSv1.2, TLSv1.3, or both separated by a blank");
        return null;
    }

    private @Nullable LogLevel logLevel(String name, String text) {
        for (LogLevel level : LogLevel.values()) {
            if (level.name().toLowerCase(Locale.ROOT).equals(text)) {
                return level;
            }
        }
        problem(name, text, "debug, info, notice, warn, error, crit, alert or emerg");
        return null;
    }

    private @Nullable Compat compat(String name, String text) {
        try {
            return Compat.of(text);
        } catch (IllegalArgumentException e) {
            problem(name, text, "3.10 or 3.15");
            return null;
        }
    }

    private @Nullable RouterFlavor routerFlavor(String name, String text) {
        for (RouterFlavor flavor : RouterFlavor.values()) {
            if (flavor.setting().equals(text)) {
                return flavor;
            }
        }
        problem(
                name,
                text,
                "traditional_compatible or expressions"
                        + (text.equals("traditional")
                                ? "; Kong's flavor traditional is not built, and traditional_compatible takes the same routes"
                                : ""));
        return null;
    }

    @Nullable
    Duration duration(String name, String text) {
        int unit = text.endsWith("ms") ? 2 : text.endsWith("s") || text.endsWith("m") ? 1 : 0;
        int count = number(text.substring(0, text.length() - unit));
        if (count < 0) {
            problem(name, text, "a time as 500ms, 30s, 2m, or a number of seconds");
            return null;
        }
        return text.endsWith("ms")
                ? Duration.ofMillis(count)
                : text.endsWith("m") ? Duration.ofMinutes(count) : Duration.ofSeconds(count);
    }

    private @Nullable Duration positiveDuration(String name, String text) {
        Duration duration = duration(name, text);
        if (duration != null && duration.isZero()) {
            problem(name, text, "more than 0");
            return null;
        }
        return duration;
    }

    @Nullable
    Boolean onOff(String name, String text) {
        return switch (text) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> {
                problem(name, text, "on or off");
                yield null;
            }
        };
    }

    private @Nullable Integer percentOrOff(String name, String text) {
        if (text.equals("off") || text.equals("0")) {
            return 0;
        }
        int percent = number(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
        if (percent < 50 || percent > 99) {
            problem(name, text, "50%-99%, or off");
            return null;
        }
        return percent;
    }

    private @Nullable Integer count(String name, String text, int most) {
        int count = number(text);
        if (count < 1 || count > most) {
            problem(name, text, "1-" + most);
            return null;
        }
        return count;
    }
}
