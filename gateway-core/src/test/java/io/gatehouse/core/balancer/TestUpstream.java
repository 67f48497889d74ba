package io.gatehouse.core.balancer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Upstreams of tables of cases, and names that resolve to what a case says. */
final class TestUpstream {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final ObjectMapper JSON = new ObjectMapper();

    private TestUpstream() {}

    /** A table: a list of cases. */
    static List<JsonNode> table(String resource) throws IOException {
        List<JsonNode> cases = new ArrayList<>();
        try (InputStream in = requireNonNull(TestUpstream.class.getResourceAsStream(resource), resource)) {
            YAML.readTree(in).forEach(cases::add);
        }
        return cases;
    }

    /** An upstream as a file would bring it. */
    static UpstreamEntity upstream(ObjectNode fields) throws JsonProcessingException {
        return (UpstreamEntity) load(fields, List.of()).get(0);
    }

    /** A balancer as a file would make it. */
    static Balancer balancer(ObjectNode fields, Map<String, Integer> targets, Names names)
            throws JsonProcessingException {
        return balancer(fields, targets, names, new Memory());
    }

    /** The same after another one, whose memory it has. */
    static Balancer balancer(ObjectNode fields, Map<String, Integer> targets, Names names, Memory memory)
            throws JsonProcessingException {
        List<JsonNode> all = new ArrayList<>();
        targets.forEach((target, weight) ->
                all.add(JSON.createObjectNode().put("target", target).put("weight", weight)));
        List<Object> loaded = load(fields, all);
        List<TargetEntity> entities = new ArrayList<>();
        loaded.subList(1, loaded.size()).forEach(one -> entities.add((TargetEntity) one));
        return new Balancer(
                (UpstreamEntity) loaded.get(0), entities, TlsOptions.builder().build(), memory, names);
    }

    private static List<Object> load(ObjectNode fields, List<JsonNode> targets) throws JsonProcessingException {
        ObjectNode file = JSON.createObjectNode().put("_format_version", "3.0");
        ObjectNode upstream = file.putArray("upstreams").addObject().put("name", "pool");
        upstream.setAll(fields);
        ArrayNode list = upstream.putArray("targets");
        targets.forEach(list::add);
        LoadResult loaded = ConfigLoader.loadText(
                "f.yaml", JSON.writeValueAsString(file), Environment.empty(), LoadOptions.defaults());
        assertThat(loaded.problems()).isEmpty();
        List<Object> entities = new ArrayList<>();
        for (EntityKind kind : List.of(EntityKind.UPSTREAM, EntityKind.TARGET)) {
            for (Entity entity : loaded.config().all(kind)) {
                entities.add(entity.value());
            }
        }
        return entities;
    }

    /** Names that resolve to these addresses for a day; others do not exist. */
    static Names names(JsonNode addresses) {
        return names(addresses, Duration.ofDays(1));
    }

    static Names names(JsonNode addresses, Duration ttl) {
        return new Names(
                DnsOptions.DEFAULT,
                (host, type) -> {
                    List<Found> found = new ArrayList<>();
                    addresses.path(host).forEach(ip -> found.add(new Found(ip.asText(), 0, -1, null)));
                    boolean ofType = !found.isEmpty()
                            && type == (found.get(0).ip().indexOf(':') < 0 ? RecordType.A : RecordType.AAAA);
                    return ofType
                            ? Future.succeededFuture(new NameServers.Records(found, ttl, false))
                            : Future.failedFuture(new NameError("dns server error: 3 name error", true));
                },
                () -> 0);
    }
}
