package io.gatehouse.core.snapshot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import io.gatehouse.core.entity.RouteEntity;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.routing.RouteMatch;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.RouteTable;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.routing.TestRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Routes as they stand in a file, requests, and where each goes: {@code routing-cases.yaml}, in each flavour. */
class RoutingCasesTest {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final ObjectMapper JSON = new ObjectMapper();

    record Case(RouterFlavor flavor, JsonNode node) {
        @Override
        public String toString() {
            return node.path("it").asText() + " [" + flavor.setting() + "]";
        }
    }

    static Stream<Case> cases() throws IOException {
        List<Case> all = new ArrayList<>();
        try (InputStream in = requireNonNull(RoutingCasesTest.class.getResourceAsStream("routing-cases.yaml"))) {
            for (JsonNode node : YAML.readTree(in)) {
                for (RouterFlavor flavor : RouterFlavor.values()) {
                    if (!node.has("flavor") || node.path("flavor").asText().equals(flavor.setting())) {
                        all.add(new Case(flavor, node));
                    }
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void routesAsTheCaseSays(Case one) throws JsonProcessingException {
        RouteTable<RouteEntity> table = table(one);
        for (JsonNode request : one.node().path("requests")) {
            RequestPath path = requireNonNull(RequestPath.of(target(request)));

            RouteMatch<RouteEntity> match = table.match(facts(request, path));

            String expected =
                    request.path("to").isNull() ? null : request.path("to").asText();
            assertThat(match == null ? null : match.payload().name())
                    .as("%s: %s", one, request)
                    .isEqualTo(expected);
            if (match != null && request.has("upstream")) {
                assertThat(match.upstreamPath(one.node().path("base").asText(""), path.path()))
                        .as("%s: path of %s", one, request)
                        .isEqualTo(request.path("upstream").asText());
            }
            if (match != null && request.has("captures")) {
                Map<String, String> captures = new TreeMap<>();
                request.path("captures")
                        .properties()
                        .forEach(e -> captures.put(e.getKey(), e.getValue().asText()));
                assertThat(
                                match.captures() == null
                                        ? Map.of()
                                        : match.captures().asMap())
                        .as("%s: captures of %s", one, request)
                        .isEqualTo(captures);
            }
        }
    }

    private static RouteTable<RouteEntity> table(Case one) throws JsonProcessingException {
        ObjectNode file = JSON.createObjectNode().put("_format_version", "3.0");
        file.putArray("services").addObject().put("name", "s").put("url", "http://up.example");
        file.set("routes", one.node().path("routes").deepCopy());
        for (JsonNode route : file.path("routes")) {
            if (!route.has("service")) {
                ((ObjectNode) route).putObject("service").put("name", "s");
            }
        }
        LoadResult loaded = ConfigLoader.loadText(
                "f.yaml",
                JSON.writeValueAsString(file),
                Environment.empty(),
                LoadOptions.defaults().withFlavor(one.flavor()));
        assertThat(loaded.problems()).as(one.toString()).isEmpty();
        List<RouteRule<RouteEntity>> rules = new ArrayList<>();
        for (RouteEntity route : loaded.config().routes()) {
            rules.add(SnapshotBuilder.matcher(route, one.flavor(), route));
        }
        return RouteTable.of(rules);
    }

    private static String target(JsonNode request) {
        String url = request.path("ask").asText();
        return url.substring(url.indexOf('/', url.indexOf("://") + 3));
    }

    private static TestRequest facts(JsonNode request, RequestPath path) {
        String ask = request.path("ask").asText();
        int space = ask.indexOf(' ');
        int scheme = ask.indexOf("://");
        HostAndPort host = HostAndPort.of(ask.substring(scheme + 3, ask.indexOf('/', scheme + 3)));
        TestRequest facts = TestRequest.get(path.path())
                .method(ask.substring(0, space))
                .host(host.host())
                .hostPort(host.port());
        if (!path.query().isEmpty()) {
            facts.query(path.query().substring(1));
        }
        if (ask.startsWith("https", space + 1)) {
            facts.tls(request.has("sni") ? request.path("sni").asText() : null);
        }
        if (request.has("from")) {
            HostAndPort from = HostAndPort.of(request.path("from").asText());
            facts.from(from.host(), from.port());
        }
        if (request.has("at")) {
            HostAndPort at = HostAndPort.of(request.path("at").asText());
            facts.to(at.host(), at.port());
        }
        for (Map.Entry<String, JsonNode> header : request.path("headers").properties()) {
            header.getValue().forEach(value -> facts.header(header.getKey(), value.asText()));
        }
        return facts;
    }

    /** A host without brackets; -1 when there is no port. */
    private record HostAndPort(String host, int port) {
        static HostAndPort of(String text) {
            int colon = text.lastIndexOf(':');
            boolean port = colon > text.lastIndexOf(']');
            String host = port ? text.substring(0, colon) : text;
            return new HostAndPort(
                    host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                    port ? Integer.parseInt(text.substring(colon + 1)) : -1);
        }
    }

    static Stream<List<String>> upstreamPaths() {
        try (InputStream in = requireNonNull(RouteTable.class.getResourceAsStream("upstream-paths.csv"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(line -> List.of(line.split(",", -1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Service, route, strip_path, request and the path for the upstream, every combination of the usual forms. */
    @ParameterizedTest
    @MethodSource("upstreamPaths")
    void joinsThePathsOfServiceAndRoute(List<String> row) throws JsonProcessingException {
        @Nullable String path = row.get(1).isEmpty() ? null : row.get(1);
        ObjectNode node = JSON.createObjectNode();
        ObjectNode route = node.putArray("routes")
                .addObject()
                .put("name", "r")
                .put("strip_path", Boolean.parseBoolean(row.get(2)));
        if (path == null) {
            route.putArray("hosts").add("one.example");
        } else {
            route.putArray("paths").add(path);
        }
        RequestPath requested = requireNonNull(RequestPath.of(row.get(3)));

        RouteMatch<RouteEntity> match = table(new Case(RouterFlavor.TRADITIONAL_COMPATIBLE, node))
                .match(TestRequest.get(requested.path()).host("one.example"));

        assertThat(requireNonNull(match).upstreamPath(row.get(0), requested.path()))
                .isEqualTo(row.get(4));
    }
}
