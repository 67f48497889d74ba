package io.gatehouse.core.admin;

import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.EntitySchema;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages of the configuration: entities, their schemas, tags. What they show is made on worker threads, from the
 * snapshot that is live when the request comes.
 */
final class EntityPages {
    /** The answer to a request. */
    record Answer(int status, @Nullable JsonObject body) {}

    private record Text(int status, @Nullable Buffer body) {}

    private static final Logger LOG = LoggerFactory.getLogger(EntityPages.class);
    private static final String VALIDATE = "/schemas/:entity/validate";
    private static final String LOG_LEVEL = "/debug/node/log-level/:log_level";
    private static final long LOG_LEVEL_SECONDS = 60;
    private static final long LONGEST_SECONDS = Integer.MAX_VALUE;

    private final Vertx vertx;
    private final AdminView view;
    private final EntityWrites writes;
    private final TimedLogLevel logLevel;

    EntityPages(Vertx vertx, AdminView view) {
        this.vertx = vertx;
        this.view = view;
        this.writes = new EntityWrites(view::store, Clock.systemUTC());
        this.logLevel = new TimedLogLevel(view.logLevel(), view::logLevel, (seconds, work) -> {
            long timer = vertx.setTimer(seconds * 1000, nothing -> work.run());
            return () -> vertx.cancelTimer(timer);
        });
    }

    /** Marks the pages that only read although their method says otherwise; to be called ahead of all that ask. */
    static void markReading(Pages pages) {
        pages.router().post(VALIDATE).handler(Access::reading);
    }

    /** Adds the pages. */
    void addTo(Pages pages) {
        BodyHandler bodies = BodyHandler.create(false).setBodyLimit(ConfigText.LARGEST);
        pages.router()
                .route()
                .method(HttpMethod.POST)
                .method(HttpMethod.PUT)
                .method(HttpMethod.PATCH)
                .handler(context -> {
                    if (MultipartForm.isOne(context)) {
                        MultipartForm.read(context, ConfigText.LARGEST);
                    } else {
                        bodies.handle(context);
                    }
                });
        pages.router().post(VALIDATE).handler(context -> answer(context, () -> validate(context)));
        pages.others(VALIDATE, "OPTIONS, POST");
        pages.page("/plugins/enabled", context -> {
            JsonArray enabled = new JsonArray();
            new TreeSet<>(view.availablePlugins().keySet()).forEach(enabled::add);
            Pages.json(context, 200, new JsonObject().put("enabled_plugins", enabled));
        });
        pages.page("/schemas/plugins/:plugin", context -> later(context, live -> pluginSchema(context, live)));
        pages.page("/plugins/schema/:plugin", context -> later(context, live -> pluginConfigSchema(context, live)));
        pages.page(
                "/schemas/partials/:type",
                context -> later(
                        context, live -> typeSchema(EntityKind.PARTIAL, "type", context.pathParam("type"), live)));
        pages.page(
                "/schemas/vaults/:type",
                context ->
                        later(context, live -> typeSchema(EntityKind.VAULT, "name", context.pathParam("type"), live)));
        pages.page("/schemas/:entity", context -> later(context, live -> schema(context, live)));
        pages.page("/tags", context -> later(context, live -> tags(context, live, null)));
        pages.page("/tags/:tag", context -> later(context, live -> tags(context, live, context.pathParam("tag"))));
        pages.page("/endpoints", context -> Pages.json(context, 200, endpoints(pages.paths(), view.live())));
        pages.page(
                "/debug/node/log-level",
                context -> Pages.message(
                        context, 200, "log level: " + view.logLevel().name().toLowerCase(Locale.ROOT)));
        pages.router().put(LOG_LEVEL).handler(this::logLevel);
        pages.others(LOG_LEVEL, "OPTIONS, PUT");
        pages.router()
                .post("/config")
                .handler(context ->
                        change(context, "config", null, () -> WholeConfig.replace(context, view.store(), view.live())));
        pages.page("/config", "GET, HEAD, OPTIONS, POST", context -> {
            if (Access.isWriter(context)) {
                later(context, live -> new Answer(200, WholeConfig.read(live)));
            } else {
                Access.refuse(context); // it is one text, secrets and all
            }
        });
        pages.anything(this::entities);
    }

    private void entities(RoutingContext context, List<String> parts) {
        Memberships members = Memberships.of(parts);
        EntityPath path = members == null ? EntityPath.of(parts) : null;
        if (EntityPath.isOfFilters(parts)) {
            Pages.message(context, 400, "this endpoint is only available when wasm is enabled");
            return;
        }
        if (members == null && path == null) {
            context.next();
            return;
        }
        String method = context.request().method().name();
        List<String> allowed = members != null
                ? members.other() == null ? List.of("GET", "POST", "DELETE") : List.of("GET", "DELETE")
                : path != null && !path.single() && parts.size() == 4
                        ? List.of("GET")
                        : path != null && path.single()
                                ? List.of("GET", "PUT", "PATCH", "DELETE")
                                : List.of("GET", "POST");
        if (method.equals("OPTIONS")) {
            context.response()
                    .putHeader("Allow", String.join(", ", allowed) + ", HEAD, OPTIONS")
                    .setStatusCode(204)
                    .end();
        } else if (method.equals("GET") || method.equals("HEAD")) {
            later(
                    context,
                    live -> members != null
                            ? new Answer(
                                    200,
                                    members.read(
                                            live,
                                            new EntityJson(live, Access.isWriter(context)),
                                            context.request().path(),
                                            context.request().params()))
                            : read(context, Objects.requireNonNull(path), live));
        } else if (!allowed.contains(method)) {
            context.response().putHeader("Allow", String.join(", ", allowed) + ", HEAD, OPTIONS");
            Pages.message(context, 405, "Method not allowed");
        } else if (members != null) {
            Callable<Future<Answer>> change = method.equals("POST")
                    ? () -> members.add(view.store(), RequestBody.read(context))
                    : () -> members.remove(view.store());
            change(context, "consumer_groups", members.owner(), change);
        } else {
            EntityPath own = Objects.requireNonNull(path);
            change(context, own.kind().plural(), null, () -> write(context, method, own));
        }
    }

    /** Makes a change, and tells the audit log what became of it. */
    private void change(RoutingContext context, String collection, @Nullable String of, Callable<Future<Answer>> work) {
        String method = context.request().method().name();
        if (!view.mayEdit()) {
            Pages.json(
                    context,
                    405,
                    AdminError.coded(
                                    405,
                                    12,
                                    "operation unsupported",
                                    method + " " + collection + ": there is no place to keep changes (expected:"
                                            + " GATEHOUSE_ADMIN_STATE_FILE to be set to the path of a file, or to off to"
                                            + " keep them in memory)",
                                    Map.of())
                            .body());
            return;
        }
        answer(context, () -> {
            Future<Answer> made = work.call();
            AuditLog.Written line = AuditLog.later(context);
            return made.onComplete(done -> {
                JsonObject body = done.succeeded() ? done.result().body() : null;
                String id = body == null ? of : body.getString("id", of);
                int status = done.succeeded()
                        ? done.result().status()
                        : done.cause() instanceof AdminError refused ? refused.status() : 500;
                line.write(id, status);
            });
        });
    }

    private Future<Answer> write(RoutingContext context, String method, EntityPath path) throws AdminError {
        Snapshot live = live();
        ConfigNode.Mapping body = body(context, path.kind(), path, live);
        Consumer<String> changed = AuditLog.of(context);
        return switch (method) {
            case "POST" -> writes.create(path, body, changed);
            case "PUT" -> writes.replace(path, body, changed);
            case "PATCH" -> writes.update(path, body, live, changed);
            default -> writes.delete(path, changed);
        };
    }

    private Future<Answer> validate(RoutingContext context) throws AdminError {
        String name = context.pathParam("entity");
        EntityKind kind = EntityKind.of(name);
        if (kind == null) {
            throw AdminError.of(404, "No entity named '" + name + "'");
        }
        return writes.check(kind, body(context, kind, null, live()));
    }

    /** What a request says, in the types that the fields ask for. */
    private static ConfigNode.Mapping body(
            RoutingContext context, EntityKind kind, @Nullable EntityPath path, Snapshot live) throws AdminError {
        ConfigNode.Mapping body = RequestBody.read(context);
        RecordShape config = null;
        if (kind == EntityKind.PLUGIN) {
            Entity existing = path == null ? null : path.find(live.config());
            ConfigNode name = body.get("name") == null && existing != null
                    ? existing.node().get("name")
                    : body.get("name");
            config = RequestBody.configShape(live, name);
        }
        return RequestBody.shaped(body, RecordShape.of(kind.type()), config);
    }

    /** As in Kong, what is logged goes back to what it was after a time. */
    private void logLevel(RoutingContext context) {
        LogLevel level;
        long seconds;
        try {
            level = LogLevel.valueOf(context.pathParam("log_level").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            Pages.message(context, 400, "unknown log level: " + context.pathParam("log_level"));
            return;
        }
        try {
            String timeout = timeout(context);
            seconds = timeout == null ? LOG_LEVEL_SECONDS : Long.parseLong(timeout);
        } catch (NumberFormatException notANumber) {
            seconds = -1;
        } catch (AdminError wrong) {
            Pages.json(context, wrong.status(), wrong.body());
            return;
        }
        if (seconds < 0 || seconds > LONGEST_SECONDS) {
            Pages.message(context, 400, "timeout must be greater than or equal to 0");
        } else if (level == view.logLevel()) {
            Pages.message(context, 200, "log level is already " + context.pathParam("log_level"));
        } else if (!logLevel.set(level, seconds)) {
            Pages.message(context, 405, "the log level is set by a file (expected: no logback.configurationFile)");
        } else {
            AuditLog.id(context, context.pathParam("log_level"));
            Pages.message(context, 200, "log level changed");
        }
    }

    /** As in Kong, what the body says comes before what the query says. */
    private static @Nullable String timeout(RoutingContext context) throws AdminError {
        boolean empty =
                context.body().isEmpty() && context.request().formAttributes().isEmpty();
        ConfigNode said = empty ? null : RequestBody.read(context).get("timeout");
        return said instanceof ConfigNode.Scalar text
                ? text.text()
                : context.queryParams().get("timeout");
    }

    private static JsonObject endpoints(List<String> pages, @Nullable Snapshot live) {
        Set<String> all = new TreeSet<>(Comparator.comparing((String path) -> path.replace('/', '\0')));
        pages.forEach(page -> all.add(page.replaceAll(":([a-z_]+)", "{$1}")));
        all.addAll(List.of(
                "/debug/node/log-level/{log_level}",
                "/schemas/{entity}/validate",
                "/upstreams/{upstreams}/targets/all",
                "/upstreams/{upstreams}/targets/{targets}/healthy",
                "/upstreams/{upstreams}/targets/{targets}/unhealthy",
                "/upstreams/{upstreams}/targets/{targets}/{address}/healthy",
                "/upstreams/{upstreams}/targets/{targets}/{address}/unhealthy",
                "/consumer_groups/{consumer_groups}/consumers",
                "/consumer_groups/{consumer_groups}/consumers/{consumers}",
                "/consumers/{consumers}/consumer_groups",
                "/consumers/{consumers}/consumer_groups/{consumer_groups}"));
        for (EntityKind kind : EntityKind.values()) {
            if (EntityKind.at(kind.path()) == null) {
                continue;
            }
            String one = "/" + kind.path() + "/{" + kind.plural() + "}";
            all.add("/" + kind.path());
            all.add(one);
            for (EntityKind child : kind.children()) {
                if (child != EntityKind.CONSUMER_GROUP_CONSUMER) {
                    all.add(one + "/" + child.nestedPath());
                    all.add(one + "/" + child.nestedPath() + "/{" + child.plural() + "}");
                }
            }
            kind.references().forEach(reference -> all.add(one + "/" + reference.field()));
        }
        if (live != null) {
            all.addAll(live.pagePaths());
        }
        return new JsonObject().put("data", new JsonArray(List.copyOf(all)));
    }

    /** Makes an answer. */
    @FunctionalInterface
    private interface Work {
        Answer on(Snapshot live) throws AdminError;
    }

    private Snapshot live() throws AdminError {
        Snapshot live = view.live();
        if (live == null) {
            throw AdminError.of(503, AdminView.Readiness.NO_CONFIGURATION.message());
        }
        return live;
    }

    private void later(RoutingContext context, Work work) {
        answer(context, () -> {
            Snapshot live = live();
            return vertx.executeBlocking(() -> work.on(live), false);
        });
    }

    private static void answer(RoutingContext context, Callable<Future<Answer>> work) {
        Future<Answer> answer;
        try {
            answer = work.call();
        } catch (Exception e) {
            answer = Future.failedFuture(e);
        }
        Context loop = context.vertx().getOrCreateContext();
        Future<Text> text = answer.compose(made -> {
            JsonObject body = made.body();
            // a thousand entities are no work for an event loop
            return body == null
                    ? Future.succeededFuture(new Text(made.status(), null))
                    : context.vertx().executeBlocking(() -> new Text(made.status(), body.toBuffer()), false);
        });
        text.onComplete(done -> loop.runOnContext(nothing -> {
            if (done.succeeded()) {
                Buffer body = done.result().body();
                if (body != null) {
                    Pages.json(context, done.result().status(), body);
                } else {
                    context.response().setStatusCode(done.result().status()).end();
                }
            } else if (done.cause() instanceof AdminError refused) {
                Pages.json(context, refused.status(), refused.body());
            } else if (done.cause() instanceof ConfigStore.NotKeptException lost) {
                LOG.error("a change could not be kept, so it was not made", lost.getCause());
                Pages.message(
                        context,
                        500,
                        "the change could not be kept, so it was not made: " + lost.getMessage()
                                + " (expected: GATEHOUSE_ADMIN_STATE_FILE to name a file that can be written)");
            } else {
                context.fail(done.cause());
            }
        }));
    }

    private static Answer read(RoutingContext context, EntityPath path, Snapshot live) throws AdminError {
        if (!path.single()) {
            String uri = context.request().path();
            String customId = context.request().getParam("custom_id");
            if (customId != null && path.kind() == EntityKind.CONSUMER && path.parent() == null) {
                return new Answer(200, EntityReads.calledByOthers(live, customId, Access.isWriter(context)));
            }
            return new Answer(
                    200, EntityReads.page(live, path, uri, context.request().params(), Access.isWriter(context)));
        }
        Entity found = path.find(live.config());
        if (found == null) {
            throw path.missing();
        }
        EntityJson json = new EntityJson(live, Access.isWriter(context));
        boolean group = path.kind() == EntityKind.CONSUMER_GROUP && path.parent() == null;
        return new Answer(
                200,
                group
                        ? Memberships.group(
                                live,
                                found,
                                json,
                                !"false".equals(context.request().getParam("list_consumers")))
                        : json.of(found));
    }

    private static Answer schema(RoutingContext context, Snapshot live) throws AdminError {
        String name = context.pathParam("entity");
        EntityKind kind = EntityKind.of(name);
        if (kind == null) {
            throw AdminError.of(404, "No entity named '" + name + "'");
        }
        return new Answer(
                200,
                new JsonObject(EntitySchema.of(
                        kind, live.config().compat(), live.config().flavor())));
    }

    private static Answer typeSchema(EntityKind kind, String field, String type, Snapshot live) throws AdminError {
        Class<? extends Record> config = EntityJson.configType(kind, type, live.catalogue());
        Map<String, Object> schema =
                EntitySchema.ofType(kind, field, type, config, live.config().compat());
        if (schema == null) {
            throw AdminError.of(404, "No " + kind.singular() + " named '" + type + "'");
        }
        return new Answer(200, new JsonObject(schema));
    }

    private static Answer pluginSchema(RoutingContext context, Snapshot live) throws AdminError {
        String name = context.pathParam("plugin");
        PluginCatalogue.Known known = live.catalogue().plugin(name);
        if (known == null) {
            throw AdminError.of(404, "No plugin named '" + name + "'");
        }
        return new Answer(
                200,
                new JsonObject(EntitySchema.ofPlugin(
                        name, known.factory().configType(), live.config().compat())));
    }

    /** The part of it that is the plugin's own, as Kong's older page shows it. */
    private static Answer pluginConfigSchema(RoutingContext context, Snapshot live) throws AdminError {
        JsonObject schema = Objects.requireNonNull(pluginSchema(context, live).body());
        for (Object field : schema.getJsonArray("fields")) {
            if (field instanceof JsonObject named && named.containsKey("config")) {
                return new Answer(200, named.getJsonObject("config"));
            }
        }
        throw new IllegalStateException("a plugin without a config");
    }

    /** A tag of an entity. */
    private record Tagged(Entity entity, String tag) {
        String place() {
            return entity.id() + ':' + tag;
        }

        JsonObject json() {
            return new JsonObject()
                    .put("entity_name", entity.kind().plural())
                    .put("entity_id", entity.id())
                    .put("tag", tag);
        }
    }

    private static Answer tags(RoutingContext context, Snapshot live, @Nullable String tag) throws AdminError {
        List<Tagged> tagged = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            for (Entity entity : live.config().all(kind)) {
                for (String one : entity.tags()) {
                    if ((tag == null || tag.equals(one)) && !live.config().isOver(entity)) {
                        tagged.add(new Tagged(entity, one));
                    }
                }
            }
        }
        tagged.sort(Comparator.comparing(Tagged::place));
        return new Answer(
                200,
                EntityReads.page(
                        tagged,
                        Tagged::place,
                        one -> true,
                        Tagged::json,
                        context.request().path(),
                        context.request().params()));
    }
}
