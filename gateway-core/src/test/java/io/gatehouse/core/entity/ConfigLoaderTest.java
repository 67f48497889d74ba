package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.KeyAuthLike;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    private static final String VERSION = "_format_version: \"3.0\"\n";

    @TempDir
    Path folder;

    private Loading loading;

    @BeforeEach
    void setUp() {
        loading = new Loading(folder);
    }

    private DeclarativeConfig loaded() {
        LoadResult result = loading.load();
        assertThat(loading.problems(result)).isEmpty();
        assertThat(result.ok()).isTrue();
        return result.config();
    }

    private static List<KeyauthCredential> keys(DeclarativeConfig config) {
        return config.all(EntityKind.KEYAUTH).stream()
                .map(entity -> (KeyauthCredential) entity.value())
                .toList();
    }

    private List<String> problems(String yaml) {
        return loading.file("f.yaml", VERSION + yaml).problems();
    }

    @Test
    void findsTwelvePlantedFaultsInOneGo() {
        loading.resource("faults.yaml").options(LoadOptions.defaults().withPlugins(Set.of("key-auth", "prometheus")));

        LoadResult result = loading.load();
        List<Problem> problems = new ArrayList<>(result.problems());
        PluginEntity plugin = result.config().plugins().get(0);
        assertThat(result.config().binder().bind(plugin.config(), KeyAuthLike.class, problems::add))
                .isNull();
        problems.sort(Comparator.comparingInt(Problem::line));

        assertThat(loading.problems(new LoadResult(result.config(), problems)))
                .containsExactly(
                        "faults.yaml:5:5 services[0].prot: unknown field; did you mean 'protocol'?",
                        "faults.yaml:8:11 services[1].port: value should be between 0 and 65535 (got 70000)",
                        "faults.yaml:9:11 services[2].name: uniqueness violation: 'services' entity with name set to"
                                + " 'good' already declared at faults.yaml:3:5",
                        "faults.yaml:13:17 services[2].routes[0].paths[0]: should start with: / (fixed path) or ~/"
                                + " (regex path) (got foo)",
                        "faults.yaml:14:9 services[2].routes[1]: must set one of 'methods', 'hosts', 'headers',"
                                + " 'paths', 'snis' when 'protocols' is 'https'",
                        "faults.yaml:18:21 routes[0].service.name: invalid reference 'service: goood' (no such entry"
                                + " in 'services'); did you mean 'good'?",
                        "faults.yaml:20:17 routes[0].strip_path: expected a boolean (got perhaps)",
                        "faults.yaml:22:11 plugins[0].name: plugin 'kee-auth' not enabled; add it to the 'plugins' configuration property; did you mean 'key-auth'?",
                        "faults.yaml:26:18 plugins[1].config.key_names: expected an array (got apikey)",
                        "faults.yaml:27:7 plugins[1].config.hide_credential: unknown field; did you mean"
                                + " 'hide_credentials'?",
                        "faults.yaml:28:15 environment variable 'DECK_REALM' present in state file but not set",
                        "faults.yaml:29:1 filter_chains: valid in Kong but not built here; supported: certificates,"
                                + " ca_certificates, snis, services, routes, consumers, consumer_groups,"
                                + " consumer_group_consumers, upstreams, targets, vaults, key_sets, keys, partials,"
                                + " plugins, keyauth_credentials, basicauth_credentials, hmacauth_credentials,"
                                + " jwt_secrets, oauth2_credentials, mtls_auth_credentials, acls");
        assertThat(result.ok()).isFalse();
    }

    @Test
    void loadsTheBlocksOfTheFirstHowToBesideAFileWithTheRest() {
        loading.resource("seed-000-ai-proxy-advanced.yaml")
                .resource("seed-000-prometheus.yaml")
                .file("rest.yaml", VERSION + """
                                services:
                                  - name: example-service
                                    url: http://127.0.0.1:9/anything
                                    routes:
                                      - name: example-route
                                        paths: [/anything]
                                """)
                .with("OPENAI_API_KEY", "sk-openai")
                .with("MISTRAL_API_KEY", "sk-mistral");

        DeclarativeConfig config = loaded();

        assertThat(config.plugins()).extracting(PluginEntity::name).containsExactly("ai-proxy-advanced", "prometheus");
        assertThat(String.valueOf(config.plugins().get(0).config().toData()))
                .contains("header_value=Bearer sk-openai", "header_value=Bearer sk-mistral");
        assertThat(config.plugins().toString()).doesNotContain("sk-");
        assertThat(config.route("example-route")).isNotNull();
    }

    @Test
    void loadsTheBlocksOfTheSecondHowToBesideAFileWithTheRest() {
        loading.resource("seed-004-ai-proxy-advanced.yaml")
                .resource("seed-004-prometheus.yaml")
                .file("rest.yaml", VERSION + """
                                services:
                                  - name: example-service
                                    host: localhost
                                    plugins:
                                      - name: prometheus
                                        config: {ai_metrics: true}
                                    routes:
                                      - name: example-route
                                        paths: [/anything]
                                        plugins:
                                          - name: key-auth
                                consumers:
                                  - username: alex
                                    keyauth_credentials:
                                      - key: hello_world
                                """)
                .with("OPENAI_API_KEY", "sk-openai");

        DeclarativeConfig config = loaded();

        assertThat(config.plugins()).hasSize(4);
        assertThat(keys(config)).hasSize(1);
        KeyauthCredential credential = keys(config).get(0);
        assertThat(credential.key().value()).isEqualTo("hello_world");
        assertThat(credential.toString()).doesNotContain("hello_world");
        assertThat(Objects.requireNonNull(config.consumer("alex")).id()).isEqualTo(credential.consumerId());
    }

    @Test
    void namesAVariableWhoseEnvironmentVariableIsNotSet() {
        loading.resource("seed-004-ai-proxy-advanced.yaml");

        assertThat(loading.problems())
                .containsExactly("seed-004-ai-proxy-advanced.yaml:38:12 variables.openai_api_key.value: environment"
                        + " variable OPENAI_API_KEY is not set");
    }

    @Test
    void namesAVariableThatNobodyDefined() {
        loading.file("f.yaml", """
                entities:
                  plugins:
                    - name: x
                      config: {a: "${openai_kee}", b: "${other}"}
                variables:
                  openai_key: {value: literal}
                """);

        assertThat(loading.problems())
                .containsExactly(
                        "f.yaml:4:19 entities.plugins[0].config.a: unknown variable 'openai_kee'; did you mean"
                                + " 'openai_key'?",
                        "f.yaml:4:39 entities.plugins[0].config.b: unknown variable 'other'");
    }

    @Test
    void leavesDollarBracesAloneInDeckFiles() {
        loading.file("f.yaml", VERSION + "plugins:\n  - {name: x, config: {a: \"${y}\"}}");

        assertThat(loaded().plugins().get(0).config().toData()).hasToString("{a=${y}}");
    }

    @Test
    void appliesEveryDefaultOfAService() {
        loading.file("f.yaml", VERSION + "services: [{name: s, host: h.example.com}]");

        ServiceEntity service = loaded().services().get(0);
        assertThat(service)
                .isEqualTo(new ServiceEntity(
                        service.id(),
                        "s",
                        "http",
                        "h.example.com",
                        80,
                        null,
                        5,
                        60000,
                        60000,
                        60000,
                        true,
                        null,
                        null,
                        null,
                        null,
                        List.of()));
    }

    @Test
    void readsEveryFieldOfAService() {
        loading.file("f.yaml", VERSION + """
                        services:
                          - id: 0b1c2d3e-0000-4000-8000-000000000001
                            name: s
                            protocol: https
                            host: "::1"
                            port: 8443
                            path: /a%20b
                            retries: 0
                            connect_timeout: 1
                            write_timeout: 2
                            read_timeout: 3
                            enabled: false
                            tls_verify: false
                            client_certificate: null
                            tls_verify_depth: 2
                            ca_certificates: []
                            tags: [a, b c]
                            created_at: 1
                            _comment: mine
                        """);

        assertThat(loaded().services())
                .containsExactly(new ServiceEntity(
                        "0b1c2d3e-0000-4000-8000-000000000001",
                        "s",
                        "https",
                        "::1",
                        8443,
                        "/a%20b",
                        0,
                        1,
                        2,
                        3,
                        false,
                        null,
                        false,
                        2,
                        List.of(),
                        List.of("a", "b c")));
    }

    @Test
    void takesAServiceApartFromItsUrlUnlessItSaysMoreItself() {
        loading.file("f.yaml", VERSION + """
                        services:
                          - {name: a, url: "https://a.example.com"}
                          - {name: b, url: "http://b.example.com:8080/x/y"}
                          - {name: c, url: "https://[::1]:9/x", port: 10}
                        """);

        assertThat(loaded().services())
                .extracting(ServiceEntity::protocol, ServiceEntity::host, ServiceEntity::port, ServiceEntity::path)
                .containsExactly(
                        tuple("https", "a.example.com", 443, null),
                        tuple("http", "b.example.com", 8080, "/x/y"),
                        tuple("https", "::1", 10, "/x"));
    }

    @Test
    void refusesWhatAServiceMustNotSay() {
        assertThat(problems("""
                        services:
                          - name: a b
                          - {name: b, host: "h:80"}
                          - {name: c, host: h, path: rel}
                          - {name: d, host: h, path: "/a//b"}
                          - {name: e, host: h, path: "/%zz"}
                          - {name: f, host: h, retries: 32768, read_timeout: 0}
                          - {name: g, host: h, protocol: tcp}
                          - {name: h, host: h, protocol: gopher}
                          - {name: i, host: h, tls_verify: true}
                          - {name: j, url: "h.example.com"}
                          - {name: k, host: h, protocol: https, client_certificate: x}
                          - {name: 12, host: h, tags: a}
                          - {id: ABC, host: h}
                          - text
                        """))
                .containsExactly(
                        "f.yaml:3:5 services[0].host: required field missing",
                        "f.yaml:3:11 services[0].name: invalid value 'a b': the only accepted ascii characters are"
                                + " alphanumerics or ., -, _, and ~",
                        "f.yaml:4:21 services[1].host: must not have a port (got h:80)",
                        "f.yaml:5:30 services[2].path: should start with: / (got rel)",
                        "f.yaml:6:30 services[3].path: must not have empty segments (got /a//b)",
                        "f.yaml:7:30 services[4].path: invalid url-encoded value: '%zz' (got /%zz)",
                        "f.yaml:8:33 services[5].retries: value should be between 0 and 32767 (got 32768)",
                        "f.yaml:8:54 services[5].read_timeout: value should be between 1 and 2147483646 (got 0)",
                        "f.yaml:9:34 services[6].protocol: 'tcp' is valid in Kong but not built here (supported: http,"
                                + " https, grpc, grpcs)",
                        "f.yaml:10:34 services[7].protocol: expected one of: http, https, grpc, grpcs (got gopher)",
                        "f.yaml:11:36 services[8].tls_verify: value must be null when 'protocol' is 'http' (expected:"
                                + " https or grpcs)",
                        "f.yaml:12:20 services[9].url: expected http://host[:port][/path], https://..., grpc://... or"
                                + " grpcs://... (got h.example.com)",
                        "f.yaml:14:12 services[11].name: expected a string (got 12); put it in quotes",
                        "f.yaml:14:31 services[11].tags: expected a set (got a)",
                        "f.yaml:15:10 services[12].id: expected a valid UUID in lower case (got ABC)",
                        "f.yaml:16:5 services[13]: expected a record (got text)");
    }

    @Test
    void readsEveryFieldOfARoute() {
        loading.file("f.yaml", VERSION + """
                        routes:
                          - name: r
                            protocols: [https]
                            methods: [GET, POST]
                            hosts: ["*.example.com", "example.*", "a.example.com:8443"]
                            headers: {x-a: ["1", "~*^b"]}
                            paths: [/a, "~/b/(?<id>[0-9]+)$"]
                            regex_priority: 7
                            strip_path: false
                            path_handling: v1
                            preserve_host: true
                            https_redirect_status_code: 308
                            request_buffering: false
                            response_buffering: false
                            snis: ["*.example.com"]
                        """);

        RouteEntity route = loaded().routes().get(0);
        assertThat(route)
                .isEqualTo(new RouteEntity(
                        route.id(),
                        "r",
                        null,
                        List.of("https"),
                        List.of("GET", "POST"),
                        List.of("*.example.com", "example.*", "a.example.com:8443"),
                        Map.of("x-a", List.of("1", "~*^b")),
                        List.of("/a", "~/b/(?<id>[0-9]+)$"),
                        List.of("*.example.com"),
                        List.of(),
                        List.of(),
                        null,
                        null,
                        7,
                        false,
                        "v1",
                        true,
                        308,
                        false,
                        false,
                        List.of()));
    }

    @Test
    void refusesWhatARouteMustNotSay() {
        assertThat(problems("""
                        routes:
                          - {name: a, methods: [get]}
                          - {name: b, hosts: ["a*b.example.com", "x y"]}
                          - {name: c, headers: {Host: [a]}}
                          - {name: d, paths: ["~/(", "~x", "/a/../b"]}
                          - {name: e, paths: [/], https_redirect_status_code: 418}
                          - {name: f, paths: [/], path_handling: v2}
                          - {name: g, snis: [a.example.com], protocols: [http]}
                          - {name: h, protocols: [https]}
                          - {name: i, paths: [/], protocols: [tcp]}
                        """))
                .containsExactly(
                        "f.yaml:3:25 routes[0].methods[0]: invalid value: get",
                        "f.yaml:4:23 routes[1].hosts[0]: invalid wildcard: must be placed at leftmost or rightmost"
                                + " label (got a*b.example.com)",
                        "f.yaml:4:42 routes[1].hosts[1]: invalid hostname: x y",
                        "f.yaml:5:25 routes[2].headers.Host: cannot contain 'host' header, which must be specified in"
                                + " the 'hosts' attribute",
                        "f.yaml:6:23 routes[3].paths[0]: invalid regex: missing closing ) (expected: RE2 syntax) (got ~/()",
                        "f.yaml:6:30 routes[3].paths[1]: should start with: / (fixed path) or ~/ (regex path) (got ~x)",
                        "f.yaml:6:36 routes[3].paths[2]: non-normalized path, consider use '/b' instead (got /a/../b)",
                        "f.yaml:7:55 routes[4].https_redirect_status_code: expected one of: 426, 301, 302, 307, 308"
                                + " (got 418)",
                        "f.yaml:8:42 routes[5].path_handling: expected one of: v0, v1 (got v2)",
                        "f.yaml:9:21 routes[6].snis: 'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls'"
                                + " or 'tls_passthrough'",
                        "f.yaml:10:5 routes[7]: must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when"
                                + " 'protocols' is 'https'",
                        "f.yaml:11:39 routes[8].protocols[0]: 'tcp' is valid in Kong but not built here (supported:"
                                + " http, https, grpc, grpcs)");
    }

    @Test
    void compatibilitySetsTheProtocolsOfRoutes() {
        loading.file("f.yaml", VERSION + "routes: [{paths: [/]}]");

        assertThat(loaded().routes().get(0).protocols()).containsExactly("http", "https");
        loading.options(LoadOptions.defaults().withCompat(Compat.KONG_3_15));
        assertThat(loaded().routes().get(0).protocols()).containsExactly("https");
        loading.options(LoadOptions.defaults().withCompat(Compat.KONG_3_10));
        assertThat(loaded().routes().get(0).protocols()).containsExactly("http", "https");
    }

    @Test
    void resolvesForeignFieldsInEveryForm() {
        loading.file("f.yaml", VERSION + """
                        services:
                          - {name: s, host: h, id: 0b1c2d3e-0000-4000-8000-000000000001}
                        routes:
                          - {name: a, paths: [/a], service: s}
                          - {name: b, paths: [/b], service: {name: s}}
                          - {name: c, paths: [/c], service: {id: 0b1c2d3e-0000-4000-8000-000000000001}}
                          - {name: d, paths: [/d], service: 0b1c2d3e-0000-4000-8000-000000000001}
                        consumers:
                          - {username: u}
                        keyauth_credentials:
                          - {consumer: u, key: k1}
                          - {consumer: {username: u}, key: k2}
                        plugins:
                          - {name: p, route: a, service: {name: s}, consumer: u}
                        """);

        DeclarativeConfig config = loaded();

        assertThat(config.routes())
                .extracting(RouteEntity::serviceId)
                .containsOnly("0b1c2d3e-0000-4000-8000-000000000001");
        PluginEntity plugin = config.plugins().get(0);
        assertThat(plugin.routeId())
                .isEqualTo(Objects.requireNonNull(config.route("a")).id());
        assertThat(plugin.serviceId()).isEqualTo("0b1c2d3e-0000-4000-8000-000000000001");
        assertThat(plugin.consumerId())
                .isEqualTo(Objects.requireNonNull(config.consumer("u")).id());
    }

    @Test
    void nestedEntitiesInheritTheirParentAndMayAddOtherScopes() {
        loading.file("f.yaml", VERSION + """
                        services:
                          - name: s
                            host: h
                            plugins: [{name: p}]
                            routes:
                              - name: r
                                paths: [/]
                                plugins: [{name: p, consumer: u}]
                        consumers:
                          - username: u
                            plugins: [{name: p}]
                            keyauth_credentials: [{key: k}]
                        """);

        DeclarativeConfig config = loaded();

        String service = Objects.requireNonNull(config.service("s")).id();
        String route = Objects.requireNonNull(config.route("r")).id();
        String consumer = Objects.requireNonNull(config.consumer("u")).id();
        assertThat(config.routes().get(0).serviceId()).isEqualTo(service);
        assertThat(keys(config).get(0).consumerId()).isEqualTo(consumer);
        assertThat(config.plugins())
                .extracting(PluginEntity::serviceId, PluginEntity::routeId, PluginEntity::consumerId)
                .containsExactlyInAnyOrder(
                        tuple(service, null, null), tuple(null, route, consumer), tuple(null, null, consumer));
    }

    @Test
    void refusesScopesThatCannotBe() {
        assertThat(problems("""
                        services:
                          - name: s
                            host: h
                            routes:
                              - {name: r, paths: [/], service: s}
                            plugins:
                              - {name: p, service: s}
                        consumers:
                          - username: u
                            plugins: [{name: key-auth}]
                          - tags: [a]
                        plugins:
                          - {name: key-auth, consumer: u}
                          - {name: q, consumer_group: g}
                          - {name: q, route: {nam: r}}
                          - {name: q, service: [s]}
                        keyauth_credentials:
                          - {key: 5, consumer: u}
                          - {key: k}
                          - {key: k, consumer: u}
                        """))
                .containsExactly(
                        "f.yaml:6:40 services[0].routes[0].service: nesting service (s) under service-scoped route (r)"
                                + " is not allowed",
                        "f.yaml:8:28 services[0].plugins[0].service: nesting service (s) under service-scoped plugin"
                                + " (p) is not allowed",
                        "f.yaml:11:15 consumers[0].plugins[0].consumer: value must be null: 'key-auth' cannot be"
                                + " limited to a consumer",
                        "f.yaml:12:5 consumers[1]: at least one of these fields must be non-empty: 'custom_id',"
                                + " 'username'",
                        "f.yaml:14:12 plugins[0].name: uniqueness violation: 'plugins' entity with name set to"
                                + " 'key-auth' and the same scope already declared at f.yaml:11:15",
                        "f.yaml:14:32 plugins[0].consumer: value must be null: 'key-auth' cannot be limited to a"
                                + " consumer",
                        "f.yaml:15:31 plugins[1].consumer_group: invalid reference 'consumer_group: g' (no such entry"
                                + " in 'consumer_groups')",
                        "f.yaml:16:23 plugins[2].route.nam: unknown field; did you mean 'name'?",
                        "f.yaml:17:24 plugins[3].service: expected a name or id, {name: ...} or {id: ...} (got an"
                                + " array)",
                        "f.yaml:19:11 keyauth_credentials[0].key: expected a string (got an integer); put it in quotes",
                        "f.yaml:20:5 keyauth_credentials[1].consumer: required field missing",
                        "f.yaml:21:11 keyauth_credentials[2].key: uniqueness violation: 'keyauth_credentials' entity"
                                + " with the same key already declared at f.yaml:20:5");
    }

    @Test
    void namesAKongPluginThatIsNotBuilt() {
        loading.options(LoadOptions.defaults().withPlugins(Set.of("key-auth")));

        assertThat(problems("plugins: [{name: rate-limiting}, {name: zzz}]"))
                .containsExactly(
                        "f.yaml:2:18 plugins[0].name: plugin 'rate-limiting' is valid in Kong but not built here;"
                                + " supported: key-auth",
                        "f.yaml:2:41 plugins[1].name: plugin 'zzz' not enabled; add it to the 'plugins' configuration property; present: key-auth");
    }

    @Test
    void mergesFilesAndNamesBothPlacesOfADuplicate() {
        loading.file("a.yaml", VERSION + "services:\n  - {name: s, host: h}\n")
                .file(
                        "b.json",
                        "{\"services\": [\n\t{\"name\": \"s\", \"host\": \"h\"}, {\"name\": \"t\", \"host\": \"h\"}]}")
                .file("c.yaml", "plugins:\n  - {name: p, service: t}\n  - {name: p, service: t}\n");

        assertThat(loading.problems())
                .containsExactly(
                        "b.json:2:11 services[0].name: uniqueness violation: 'services' entity with name set to 's'"
                                + " already declared at a.yaml:3:5",
                        "c.yaml:3:12 plugins[1].name: uniqueness violation: 'plugins' entity with name set to 'p' and"
                                + " the same scope already declared at c.yaml:2:5");
    }

    @Test
    void readsADirectoryAtAnyDepthInOrderAndLeavesOutDotFiles() throws IOException {
        loading.file("b/z.yml", "consumers: [{username: z}]")
                .file("a.yaml", VERSION + "consumers: [{username: a}]")
                .file("b/y.json", "{\"consumers\": [{\"username\": \"y\"}]}")
                .file("notes.txt", "not: [yaml")
                .file("..data/a.yaml", VERSION + "consumers: [{username: a}]");
        Files.createDirectories(folder.resolve("empty"));

        LoadResult result = loading.loadFolder();

        assertThat(loading.problems(result)).isEmpty();
        assertThat(result.config().consumers())
                .extracting(ConsumerEntity::username)
                .containsExactly("a", "y", "z");
    }

    @Test
    void namesFilesThatCannotBeRead() throws IOException {
        Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', '\n', 'b', (byte) 0xe9, '\n'});
        Files.createDirectories(folder.resolve("none"));
        loading.file("empty.yaml", "# nothing\n").file("list.yaml", "- a\n").file("broken.yaml", "a: b: c\n");

        LoadResult result = ConfigLoader.load(
                List.of(
                        folder.resolve("gone.yaml"),
                        folder.resolve("latin.yaml"),
                        folder.resolve("none"),
                        folder.resolve("empty.yaml"),
                        folder.resolve("list.yaml"),
                        folder.resolve("broken.yaml")),
                Environment.empty());

        assertThat(loading.problems(result))
                .containsExactlyInAnyOrder(
                        "none:1:1 no *.yaml, *.yml or *.json in this directory",
                        "gone.yaml:1:1 no such file or directory",
                        "latin.yaml:2:2 not valid UTF-8",
                        "empty.yaml:1:1 the file is empty",
                        "list.yaml:1:1 expected a map (got an array)",
                        "broken.yaml:1:5 not valid YAML: mapping values are not allowed here");
    }

    @Test
    void saysNothingOfReferencesWhenAFileIsMissing() {
        loading.file("a.yaml", VERSION + "plugins: [{name: p, service: s}]").file("b.yaml", "services: [");

        assertThat(loading.problems()).hasSize(1).allMatch(line -> line.startsWith("b.yaml:"));
    }

    @Test
    void saysNothingOfReferencesIntoAListThatIsNone() {
        assertThat(problems("services: {name: s}\nplugins: [{name: p, service: s}]"))
                .containsExactly("f.yaml:2:11 services: expected an array (got a map)");
    }

    @Test
    void loadsAText() {
        LoadResult result = ConfigLoader.loadText(
                "memory", VERSION + "consumers: [{username: u}]", Environment.empty(), LoadOptions.defaults());

        assertThat(result.ok()).isTrue();
        assertThat(result.config().consumer("u")).isNotNull();
        assertThat(ConfigLoader.loadText("memory", "a: [", Environment.empty(), LoadOptions.defaults())
                        .ok())
                .isFalse();
    }

    @Test
    void asksForTheFormatVersionOnce() {
        assertThat(loading.file("a.yaml", "services: []").problems())
                .containsExactly(
                        "a.yaml:1:1 _format_version: required field missing; add the line _format_version: \"3.0\"");
    }

    @Test
    void refusesAFormatVersionThatIsANumberOrUnknown() {
        loading.file("a.yaml", "_format_version: 3.0").file("b.yaml", "_format_version: \"4.0\"");

        assertThat(loading.problems())
                .containsExactly(
                        "a.yaml:1:18 _format_version: expected a string (got 3.0); put it in quotes",
                        "b.yaml:1:18 _format_version: expected one of: 1.1, 2.1, 3.0 (got 4.0)");
    }

    @Test
    void upgradesThePathsOfOlderFiles() {
        loading.file("f.yaml", "_format_version: \"1.1\"\nroutes: [{paths: [/plain-1.0~x, '/a/\\d+', '/x%2Fy(z)']}]");

        assertThat(loaded().routes().get(0).paths()).containsExactly("/plain-1.0~x", "~/a/\\d+", "~/x%2Fy(z)");
    }

    @Test
    void appliesInfoAndSharedPluginConfigs() {
        loading.file("f.yaml", VERSION + """
                        _info:
                          select_tags: [team]
                          defaults:
                            service: {read_timeout: 7, tags: [x]}
                            route: {strip_path: false}
                        _workspace: default
                        _konnect: {control_plane_name: any}
                        _transform: true
                        _plugin_configs:
                          shared: {a: 1, b: {c: 2, d: 3}}
                        services:
                          - {name: s, host: h}
                          - {name: t, host: h, read_timeout: 8, tags: [y]}
                        routes:
                          - {paths: [/]}
                        plugins:
                          - {name: p, _config: shared, config: {b: {c: 9}}}
                        """);

        DeclarativeConfig config = loaded();

        assertThat(config.services()).extracting(ServiceEntity::readTimeout).containsExactly(7, 8);
        assertThat(config.services())
                .extracting(ServiceEntity::tags)
                .containsExactly(List.of("x", "team"), List.of("y", "team"));
        assertThat(config.routes().get(0).stripPath()).isFalse();
        assertThat(config.plugins().get(0).config().toData()).isEqualTo(Map.of("a", 1L, "b", Map.of("c", 9L, "d", 3L)));
    }

    @Test
    void refusesWhatIsNotBuiltAtTheRoot() {
        assertThat(problems("""
                        _info: {default_lookup_tags: {}, defaults: {upstream: {slots: 10}, service: {name: x}}, x: 1}
                        _workspace: other
                        _transform: false
                        certificates: [{cert: a}]
                        consumer_groups: []
                        servces: []
                        plugins: [{name: p, _config: none}]
                        """))
                .containsExactly(
                        "f.yaml:2:78 _info.defaults.service.name: a default must not have this field",
                        "f.yaml:2:89 _info.x: unknown field; supported: select_tags, defaults,"
                                + " default_lookup_tags",
                        "f.yaml:3:13 _workspace: workspace 'other' is valid in Kong but not built here (supported:"
                                + " default)",
                        "f.yaml:5:16 certificates[0].key: required field missing",
                        "f.yaml:5:23 certificates[0].cert: invalid certificate: expected PEM",
                        "f.yaml:7:1 servces: unknown field; did you mean 'services'?",
                        "f.yaml:8:30 plugins[0]._config: _plugin_config \"none\" not found");
    }

    @Test
    void idsAndFingerprintAreStableAndFollowKongsNaming() {
        String file = VERSION + """
                services: [{name: s, host: h}]
                routes: [{paths: [/a]}, {paths: [/b]}, {name: r, paths: [/]}]
                plugins: [{name: p, service: s}]
                """;
        DeclarativeConfig first =
                new Loading(folder.resolve("1")).file("a.yaml", file).load().config();
        DeclarativeConfig second = new Loading(folder.resolve("2"))
                .file("a.yaml", VERSION + "plugins: [{name: p, service: s}]\nroutes: [{paths: [/b]}, {paths: [/a]}]")
                .file("b.yaml", "services: [{host: h, name: s}]\nroutes: [{name: r, paths: [/]}]")
                .load()
                .config();

        assertThat(first.services()).isEqualTo(second.services());
        assertThat(first.routes()).containsExactlyInAnyOrderElementsOf(second.routes());
        assertThat(first.routes()).extracting(RouteEntity::id).doesNotHaveDuplicates();
        assertThat(first.plugins().get(0).id())
                .isEqualTo(second.plugins().get(0).id());
        assertThat(first.fingerprint()).isEqualTo(second.fingerprint()).matches("[0-9a-f]{32}");
        // v5(v5(fd02801f-0957-4a15-a55a-c8d9606f30b5, "services"), "s")
        assertThat(first.services().get(0).id()).isEqualTo("b268827a-8f7f-551f-8769-e6bceb2f3ec6");
        DeclarativeConfig other = new Loading(folder.resolve("3"))
                .file("a.yaml", file.replace("/b", "/c"))
                .load()
                .config();
        assertThat(other.fingerprint()).isNotEqualTo(first.fingerprint());
    }

    @Test
    @Timeout(value = 600, unit = TimeUnit.SECONDS)
    void loadsTenThousandRoutes() {
        StringBuilder yaml = new StringBuilder(VERSION).append("services:\n");
        for (int i = 0; i < 10_000; i++) {
            yaml.append("  - name: service-")
                    .append(i)
                    .append("\n    url: http://h")
                    .append(i)
                    .append(".example.com/x\n");
            yaml.append("    routes:\n      - name: route-")
                    .append(i)
                    .append("\n        paths: [/p/")
                    .append(i);
            yaml.append(", '~/q/")
                    .append(i)
                    .append("/\\d+$']\n        hosts: [h")
                    .append(i)
                    .append(".example.com]\n");
            yaml.append("        plugins:\n          - name: key-auth\n            config: {key_names: [k")
                    .append(i);
            yaml.append("]}\n");
        }
        loading.file("f.yaml", yaml.toString());

        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        DeclarativeConfig config = loaded();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(threads.getCurrentThreadCpuTime() - start);

        assertThat(config.routes()).hasSize(10_000);
        // Processor time, since the machine may be busy with other things; about two seconds when cold, more where
        // the compiler of the JVM has to wait for a processor.
        assertThat(seconds).isLessThan(20);
    }
}
