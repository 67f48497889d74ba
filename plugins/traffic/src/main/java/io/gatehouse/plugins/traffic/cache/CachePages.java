package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.AdminPage;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kong's pages of the Admin API: what is kept, to be looked at and forgotten. */
final class CachePages {
    private static final String KEY = "cache_key";

    private final Archive archive;

    CachePages(Archive archive) {
        this.archive = archive;
    }

    void addTo(PluginContext context) {
        context.admin(HttpMethod.DELETE, "/", path -> archive.clear().map(nothing -> AdminPage.Answer.of(204)));
        for (String path : List.of("/:cache_key", "/:plugin_id/caches/:cache_key")) {
            context.admin(
                    HttpMethod.GET,
                    path,
                    asked -> archive.find(key(asked))
                            .compose(kept -> kept == null
                                    ? Future.succeededFuture(AdminPage.Answer.of(404))
                                    : context.blocking(() -> AdminPage.Answer.json(json(kept)))));
            context.admin(
                    HttpMethod.DELETE,
                    path,
                    asked -> archive.purge(key(asked)).map(found -> AdminPage.Answer.of(found ? 204 : 404)));
        }
    }

    private static String key(Map<String, String> path) {
        return path.getOrDefault(KEY, "");
    }

    private static Buffer json(Kept.Answer kept) {
        JsonWriter json = new JsonWriter().beginObject();
        json.name("status").value(kept.status()).name("headers").beginObject();
        for (String name : kept.headers().names()) {
            List<String> values = kept.headers().getAll(name);
            json.name(name);
            if (values.size() == 1) {
                json.value(values.get(0));
            } else {
                json.beginArray();
                values.forEach(json::value);
                json.endArray();
            }
        }
        json.endObject();
        byte[] body = kept.body().getBytes();
        String text = text(body);
        if (text != null) {
            json.name("body").value(text);
        } else {
            json.name("body_base64").value(Base64.getEncoder().encodeToString(body));
        }
        json.name("body_len").value(body.length);
        json.name("timestamp").value(kept.at() / 1000);
        json.name("ttl").value(kept.seconds());
        return Buffer.buffer(json.endObject().toBytes());
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
