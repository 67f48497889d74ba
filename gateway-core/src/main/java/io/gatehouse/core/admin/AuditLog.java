package io.gatehouse.core.admin;

import io.gatehouse.core.LogLevels;
import io.gatehouse.core.entity.EntityKind;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells who changed what over the Admin API, and who tried to: a line for each request that is no reading one, to a logger
 * of its own whose lines are written whatever the log level. Paths and bodies are not told, since secrets may stand in them.
 */
final class AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger(LogLevels.AUDIT);
    private static final String LINE = "gatehouse.audit";
    private static final Map<String, String> OTHERS =
            Map.of("config", "config", "debug", "log-level", "status", "status");

    private AuditLog() {}

    /** The line of one request; on its event loop until it was {@linkplain #later taken over}. */
    private static final class Line {
        private final String client;
        private final String method;
        private String collection;
        private volatile @Nullable String id;
        private boolean later;

        Line(String client, String method, String collection) {
            this.client = client;
            this.method = method;
            this.collection = collection;
        }

        void write(@Nullable String of, int status) {
            LOG.atInfo()
                    .addKeyValue("client", client)
                    .addKeyValue("method", method)
                    .addKeyValue("collection", collection)
                    .addKeyValue("id", of != null ? of : id)
                    .addKeyValue("status", status)
                    .log(status < 400 ? "change over the Admin API" : "refused change over the Admin API");
        }
    }

    /** Sees to it that the request has its line when it ends. */
    static void watch(RoutingContext context) {
        if (Access.reads(context)) {
            return;
        }
        List<String> parts = parts(context);
        String first = parts.isEmpty() ? "" : parts.get(0);
        Line line = new Line(
                context.request().remoteAddress().hostAddress(),
                context.request().method().name(),
                collection(parts, first));
        context.put(LINE, line);
        context.addEndHandler(ended -> {
            if (!line.later) {
                // a request that broke off before its answer has changed nothing
                boolean answered = ended.succeeded() || context.response().headWritten();
                line.write(null, answered ? context.response().getStatusCode() : 400);
            }
        });
    }

    /** What is changed, for the line. */
    static void id(RoutingContext context, String id) {
        of(context).accept(id);
    }

    /** Takes what is changed, for the line, once it is found. Any thread. */
    static Consumer<String> of(RoutingContext context) {
        Line line = context.get(LINE);
        return line == null ? id -> {} : id -> line.id = id;
    }

    /** The plugin that is told to change something, instead of a collection of entities. */
    static void plugin(RoutingContext context, String name) {
        Line line = context.get(LINE);
        if (line != null) {
            line.collection = name;
        }
    }

    /** The line is written when the change is made or refused, which may be after its client left. */
    static Written later(RoutingContext context) {
        Line line = context.get(LINE);
        if (line == null) {
            return (id, status) -> {};
        }
        line.later = true;
        return line::write;
    }

    /** Writes a line. Any thread. */
    @FunctionalInterface
    interface Written {
        void write(@Nullable String id, int status);
    }

    private static List<String> parts(RoutingContext context) {
        try {
            return EntityPath.parts(context.normalizedPath());
        } catch (IllegalArgumentException malformed) {
            return List.of();
        }
    }

    private static String collection(List<String> parts, String first) {
        if (Memberships.of(parts) != null) {
            return EntityKind.CONSUMER_GROUP.plural();
        }
        if (EntityKind.at(first) == EntityKind.UPSTREAM && parts.size() > 4) {
            return EntityKind.TARGET.plural();
        }
        EntityPath path = EntityPath.of(parts);
        return path != null ? path.kind().plural() : OTHERS.getOrDefault(first, "none");
    }
}
