package io.gatehouse.core.admin;

import io.gatehouse.api.AdminPage;
import io.gatehouse.core.plugin.PluginPage;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The pages that plugins serve, each below its name. The instances are kept from being closed until they have answered. */
final class PluginPages {
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
        Future<AdminPage.Answer> answer = method.equals(HttpMethod.GET) ? first(mine.iterator()) : all(mine);
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

    /** The first answer that is one. */
    private static Future<AdminPage.Answer> first(Iterator<PluginPage.Match> rest) {
        while (rest.hasNext()) {
            Future<AdminPage.Answer> asked = ask(rest.next());
            if (!asked.isComplete()) {
                return asked.compose(answer -> answer.status() == 404 ? first(rest) : Future.succeededFuture(answer));
            }
            if (asked.failed() || asked.result().status() != 404) {
                return asked;
            }
        }
        return Future.succeededFuture(NOT_FOUND);
    }

    /** Asks all of them, also when one fails. */
    private static Future<AdminPage.Answer> all(List<PluginPage.Match> pages) {
        List<Future<AdminPage.Answer>> asked = new ArrayList<>(pages.size());
        for (PluginPage.Match page : pages) {
            asked.add(ask(page));
        }
        return Future.join(asked).map(done -> {
            for (Future<AdminPage.Answer> one : asked) {
                if (one.result().status() != 404) {
                    return one.result();
                }
            }
            return NOT_FOUND;
        });
    }

    private static Future<AdminPage.Answer> ask(PluginPage.Match match) {
        try {
            Future<AdminPage.Answer> answer = match.of().page().answer(match.path());
            return answer.isComplete()
                    ? answer.map(one -> Objects.requireNonNull(one, "answer"))
                    : answer.timeout(SECONDS, TimeUnit.SECONDS).map(one -> Objects.requireNonNull(one, "answer"));
        } catch (RuntimeException | LinkageError e) {
            return Future.failedFuture(e);
        }
    }
}
