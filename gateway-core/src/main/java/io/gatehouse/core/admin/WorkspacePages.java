package io.gatehouse.core.admin;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * The workspace, as Kong's enterprise form shows its own: files that name it can be synced. There is one, and every path may
 * begin with its name. Stateless.
 */
final class WorkspacePages {
    private static final String NAME = "default";

    /** The one it has in every Kong. */
    private static final String ID = "0dc6f45b-8f8d-40d2-a504-473544ee190b";

    private static final String PREFIX = '/' + NAME;

    private WorkspacePages() {}

    static void addTo(Pages pages, Instant since) {
        JsonObject workspace = new JsonObject()
                .put("id", ID)
                .put("name", NAME)
                .putNull("comment")
                .put("config", new JsonObject())
                .put("meta", new JsonObject())
                .put("created_at", since.getEpochSecond())
                .put("updated_at", since.getEpochSecond());
        JsonObject all =
                new JsonObject().put("data", new JsonArray().add(workspace)).putNull("next");
        pages.router().post("/workspaces").handler(context -> {
            // decK asks for this when it is told to use another one
            context.response().putHeader("Allow", "GET, HEAD, OPTIONS");
            Pages.message(context, 405, "there is one workspace and no other can be made (expected: " + NAME + ")");
        });
        pages.page("/workspaces", context -> Pages.json(context, 200, all));
        pages.page("/workspaces/:workspaces", context -> {
            String asked = context.pathParam("workspaces");
            if (asked.equals(NAME) || asked.equals(ID)) {
                Pages.json(context, 200, workspace);
            } else {
                Pages.message(context, 404, "Not found");
            }
        });
    }

    /** The request without the workspace's name at the beginning of its path. */
    static HttpServerRequest within(HttpServerRequest request) {
        String path = request.path();
        boolean named = path != null
                && path.startsWith(PREFIX)
                && (path.length() == PREFIX.length() || path.charAt(PREFIX.length()) == '/');
        return named ? new Within((HttpServerRequestInternal) request) : request;
    }

    private static final class Within extends HttpServerRequestWrapper {
        Within(HttpServerRequestInternal request) {
            super(request);
        }

        @Override
        public String path() {
            String rest = super.path().substring(PREFIX.length());
            return rest.isEmpty() ? "/" : rest;
        }

        @Override
        public String uri() {
            String query = query();
            return query == null ? path() : path() + '?' + query;
        }
    }
}
