package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeckDump;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Ids;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code /config}: the whole configuration at once, read and replaced. Stateless. */
final class WholeConfig {
    private static final Pattern STEP = Pattern.compile("([a-z_]+)\\[([0-9]+)]\\.?");

    private WholeConfig() {}

    /** As DB-less Kong exports it; what a variable put in is that variable again. */
    static JsonObject read(Snapshot live) {
        return new JsonObject().put("config", DeckDump.write(live.config(), true, problem -> {}));
    }

    private record Asked(String text, String hash) {}

    /** Takes what the request says in the place of what is live. */
    static Future<EntityPages.Answer> replace(RoutingContext context, ConfigStore store, @Nullable Snapshot live) {
        MultiMap query = context.queryParams();
        boolean check = "1".equals(query.get("check_hash"));
        boolean flatten = isTrue(query.get("flatten_errors"));
        Callable<Asked> reading =
                () -> new Asked(text(context), live == null ? "" : live.config().fingerprint());
        return context.vertx()
                .executeBlocking(reading, false)
                .compose(asked -> store.replace(asked.text())
                        .map(now -> check && now.config().fingerprint().equals(asked.hash())
                                ? new EntityPages.Answer(304, null)
                                : new EntityPages.Answer(201, entities(now)))
                        .recover(cause -> Future.failedFuture(
                                cause instanceof ConfigStore.RefusedException refused
                                        ? refused(refused.problems(), flatten ? asked.text() : null)
                                        : cause)));
    }

    private static String text(RoutingContext context) throws AdminError {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String form = context.request().formAttributes().get("config");
        String body = form != null ? RequestBody.readable(form) : RequestBody.text(context);
        if (body == null || body.isBlank()) {
            throw AdminError.of(400, "expected a declarative configuration");
        }
        boolean json = type != null && type.toLowerCase(Locale.ROOT).startsWith("application/json");
        if (json && form == null) {
            ConfigNode.Mapping said = RequestBody.read(context);
            if (said.get("_format_version") == null && said.get("config") instanceof ConfigNode.Scalar config) {
                return config.text();
            }
        }
        return body;
    }

    private static boolean isTrue(@Nullable String text) {
        return text != null && List.of("true", "1", "on", "yes").contains(text.toLowerCase(Locale.ROOT));
    }

    private static JsonObject entities(Snapshot live) {
        EntityJson json = new EntityJson(live, true);
        JsonObject all = new JsonObject();
        for (EntityKind kind : EntityKind.values()) {
            JsonObject own = new JsonObject();
            for (Entity entity : live.config().all(kind)) {
                own.put(entity.id(), json.of(entity));
            }
            if (!own.isEmpty()) {
                all.put(kind.plural(), own);
            }
        }
        return all;
    }

    /**
     * The error that refuses a configuration.
     *
     * @param text what was sent, to show the entities that are wrong; null when they are not to be shown
     */
    static AdminError refused(List<Problem> problems, @Nullable String text) {
        Map<String, Object> fields = Violations.all(problems);
        JsonObject shown = new JsonObject(fields);
        AdminError error = AdminError.coded(
                400,
                14,
                "invalid declarative configuration",
                "declarative config is invalid: " + Violations.lua(shown),
                fields);
        if (text != null) {
            ConfigNode root = ConfigText.parse("config", text, name -> null, problem -> {});
            // as in Kong, what is told by entity is told there only
            List<Problem> others = problems.stream()
                    .filter(problem -> entity(problem).isEmpty())
                    .toList();
            error.body()
                    .put("fields", new JsonObject(Violations.all(others)))
                    .put("flattened_errors", flattened(problems, root));
        }
        return error;
    }

    /** Each entity that is wrong, with what is wrong with it; Kong's lists count from one. */
    private static JsonArray flattened(List<Problem> problems, @Nullable ConfigNode root) {
        Map<String, List<Problem>> byEntity = new LinkedHashMap<>();
        for (Problem problem : problems) {
            String entity = entity(problem);
            if (!entity.isEmpty()) {
                byEntity.computeIfAbsent(entity.replaceAll("\\.$", ""), path -> new ArrayList<>())
                        .add(problem);
            }
        }
        JsonArray all = new JsonArray();
        byEntity.forEach((path, own) -> all.add(flattened(path, own, root)));
        return all;
    }

    /** The path of the entity that is wrong; empty when it is none. */
    private static String entity(Problem problem) {
        Matcher matcher = STEP.matcher(problem.path());
        int end = 0;
        while (matcher.find() && matcher.start() == end && EntityKind.of(matcher.group(1)) != null) {
            end = matcher.end();
        }
        return problem.path().substring(0, end);
    }

    private static EntityKind kind(String path) {
        String plural = path.substring(path.lastIndexOf('.') + 1).replaceAll("\\[.*", "");
        return Objects.requireNonNull(EntityKind.of(plural), plural);
    }

    private static JsonObject flattened(String path, List<Problem> problems, @Nullable ConfigNode root) {
        EntityKind kind = kind(path);
        JsonObject flat = new JsonObject().put("entity_type", kind.singular());
        if (at(root, path) instanceof ConfigNode.Mapping entity) {
            Map<String, Object> own = new TreeMap<>(
                    entity.without(name -> EntityKind.of(name) != null).toData());
            int end = path.lastIndexOf('.');
            if (end > 0 && at(root, path.substring(0, end)) instanceof ConfigNode.Mapping parent) {
                EntityKind above = kind(path.substring(0, end));
                kind.references().stream()
                        .filter(reference -> reference.kind() == above && isId(data(parent, "id")))
                        .forEach(reference ->
                                own.putIfAbsent(reference.field(), Map.of("id", String.valueOf(data(parent, "id")))));
            }
            flat.put("entity", new JsonObject(own));
            // clients read these into types of their own: what is wrong is shown in the entity only
            if (own.get("name") instanceof String name && !name.isEmpty()) {
                flat.put("entity_name", name);
            }
            if (isId(own.get("id"))) {
                flat.put("entity_id", own.get("id"));
            }
            if (own.get("tags") instanceof List<?> tags && tags.stream().allMatch(String.class::isInstance)) {
                flat.put("entity_tags", tags);
            }
        }
        JsonArray errors = new JsonArray();
        Violations.fields(problems, path).forEach((field, what) -> {
            String name = field.startsWith(".") ? field.substring(1) : field;
            if (name.equals("@entity") && what instanceof JsonArray texts) {
                texts.forEach(text ->
                        errors.add(new JsonObject().put("type", "entity").put("message", text)));
            } else {
                Violations.describe(
                        name,
                        what,
                        (at, message) -> errors.add(new JsonObject()
                                .put("type", "field")
                                .put("field", at)
                                .put("message", message)));
            }
        });
        return flat.put("errors", errors);
    }

    private static @Nullable Object data(ConfigNode.Mapping entity, String field) {
        ConfigNode value = entity.get(field);
        return value == null ? null : value.toData();
    }

    private static boolean isId(@Nullable Object id) {
        return id instanceof String text && Ids.isValid(text);
    }

    private static @Nullable ConfigNode at(@Nullable ConfigNode root, String path) {
        ConfigNode node = root;
        Matcher matcher = STEP.matcher(path);
        while (matcher.find()) {
            ConfigNode list = node instanceof ConfigNode.Mapping mapping ? mapping.get(matcher.group(1)) : null;
            int index = Integer.parseInt(matcher.group(2));
            node = list instanceof ConfigNode.Sequence items
                            && index < items.items().size()
                    ? items.items().get(index)
                    : null;
        }
        return node;
    }
}
