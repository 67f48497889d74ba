package io.gatehouse.core.admin;

import io.gatehouse.api.AdminPage;
import io.gatehouse.core.plugin.PluginPage;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages that plugins serve, each below its name. The instances are kept from being closed until they have answered. */
final class PluginPages {
    private static final Logger LOG = LoggerFactory.getLogger(PluginPages.class);
    private static final AdminPage.Answer NOT_FOUND = AdminPage.Answer.of(404);
    private static final long SECONDS = 10;

    private final AdminView view;

    PluginPages(AdminView view) {
        this.view = view;
    }

    /** Adds the pages, after all others: those come first. */
    void addTo(Pages pages) {
        pages.anything(this::handle);
    }

    private void handle(RoutingContext context, List<String> parts) {
        Snapshot live = parts.isEmpty() ? null : leased();
        if (live == null) {
            context.next();
            return;
        }
        List<PluginPage.Match> matches = live.pages(parts.get(0), parts.subList(1, parts.size()));
        if (matches.isEmpty()) {
            live.release();
            context.next();
            return;
        }
        AuditLog.plugin(context, parts.get(0));
        HttpMethod asked = context.request().method();
        HttpMethod method = asked.equals(HttpMethod.HEAD) ? HttpMethod.GET : asked;
        List<PluginPage.Match> mine = new ArrayList<>();
        Set<String> allowed = new TreeSet<>(List.of("OPTIONS"));
        for (PluginPage.Match match : matches) {
            allowed.add(match.of().method().name());
            if (match.of().method().equals(method)) {
                mine.add(match);
            }
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        if (mine.isEmpty()) {
            live.release();
            context.response().putHeader("Allow", String.join(", ", allowed));
            if (method.equals(HttpMethod.OPTIONS)) {
                context.response().setStatusCode(204).end();
            } else {
                Pages.message(context, 405, "Method not allowed");
            }
            return;
        }
        Asking asking = new Asking(parts.get(0));
        Future<AdminPage.Answer> answer =
                method.equals(HttpMethod.GET) ? asking.first(mine.iterator()) : asking.all(mine);
        AuditLog.Written line = AuditLog.later(context);
        String id = mine.get(0).path().get("plugin_id");
        Context loop = context.vertx().getOrCreateContext();
        answer.onComplete(done -> {
            live.release();
            line.write(id, done.succeeded() ? done.result().status() : 500);
            loop.runOnContext(nothing -> {
                if (done.succeeded()) {
                    write(context, done.result());
                } else {
                    context.fail(done.cause());
                }
            });
        });
    }

    private @Nullable Snapshot leased() {
        while (true) {
            Snapshot live = view.live();
            if (live == null || live.lease()) {
                return live;
            }
        }
    }

    private static void write(RoutingContext context, AdminPage.Answer answer) {
        if (answer.json() != null) {
            Pages.json(context, answer.status(), answer.json());
        } else if (answer.status() == 404) {
            Pages.json(context, 404, new JsonObject().put("message", "Not found"));
        } else {
            context.response().setStatusCode(answer.status()).end();
        }
    }

    /** Asks instances, also when one fails. */
    private static final class Asking {
        private final String plugin;
        private final Set<String> failed = new ConcurrentSkipListSet<>();

        private Asking(String plugin) {
            this.plugin = plugin;
        }

        /** The first answer that is one. */
        private Future<AdminPage.Answer> first(Iterator<PluginPage.Match> rest) {
            while (rest.hasNext()) {
                Future<AdminPage.Answer> asked = ask(rest.next());
                if (!asked.isComplete()) {
                    return asked.compose(
                            answer -> answer.status() == 404 ? first(rest) : Future.succeededFuture(answer));
                }
                if (asked.result().status() != 404) {
                    return asked;
                }
            }
            return Future.succeededFuture(failed.isEmpty() ? NOT_FOUND : failure());
        }

        /** All of them. */
        private Future<AdminPage.Answer> all(List<PluginPage.Match> pages) {
            List<Future<AdminPage.Answer>> asked = new ArrayList<>(pages.size());
            for (PluginPage.Match page : pages) {
                asked.add(ask(page));
            }
            return Future.join(asked).map(done -> {
                if (!failed.isEmpty()) {
                    return failure();
                }
                for (Future<AdminPage.Answer> one : asked) {
                    if (one.result().status() != 404) {
                        return one.result();
                    }
                }
                return NOT_FOUND;
            });
        }

        /** Never fails: who does has nothing, and is remembered. */
        private Future<AdminPage.Answer> ask(PluginPage.Match match) {
            Future<AdminPage.Answer> answer;
            try {
                answer = match.of().page().answer(match.path());
                if (!answer.isComplete()) {
                    answer = answer.timeout(SECONDS, TimeUnit.SECONDS);
                }
            } catch (RuntimeException | LinkageError e) {
                answer = Future.failedFuture(e);
            }
            return answer.map(one -> Objects.requireNonNull(one, "answer")).otherwise(e -> {
                String id = match.of().pluginId();
                if (e instanceof IOException || e instanceof TimeoutException) { // not the plugin's fault
                    LOG.warn("a page of a plugin failed: plugin={} id={} problem=\"{}\"", plugin, id, e.getMessage());
                } else {
                    LOG.error("a page of a plugin failed: plugin={} id={}", plugin, id, e);
                }
                failed.add(id);
                return NOT_FOUND;
            });
        }

        private AdminPage.Answer failure() {
            JsonObject told = new JsonObject()
                    .put("message", "An unexpected error occurred")
                    .put("failed", new JsonArray(List.copyOf(failed)));
            return new AdminPage.Answer(500, told.toBuffer());
        }
    }
}
