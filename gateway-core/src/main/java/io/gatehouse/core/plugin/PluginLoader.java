package io.gatehouse.core.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Set;

/**
 * The class loader of one plugin JAR, or of one folder of JARs. Its parent is the platform; from the gateway it sees the
 * plugin API and the few types named in it, and nothing else: what a plugin bundles is its own.
 */
final class PluginLoader extends URLClassLoader {
    private static final Set<String> SHARED_CLASSES = Set.of(
            "io.vertx.core.Future",
            "io.vertx.core.Promise",
            "io.vertx.core.AsyncResult",
            "io.vertx.core.Handler",
            "io.vertx.core.Completable",
            "io.vertx.core.CompositeFuture",
            "io.vertx.core.Expectation",
            "io.vertx.core.buffer.Buffer",
            "io.vertx.core.MultiMap",
            "io.vertx.core.http.HttpMethod");

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader gateway;
    private final boolean internals;

    /** @param internals whether the JAR asked for the gateway's Vert.x and Netty as a whole */
    PluginLoader(String name, URL[] jars, ClassLoader gateway, boolean internals) {
        super("plugin-" + name, jars, ClassLoader.getPlatformClassLoader());
        this.gateway = gateway;
        this.internals = internals;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (isShared(name)) {
            return gateway.loadClass(name);
        }
        return super.loadClass(name, resolve);
    }

    private boolean isShared(String name) {
        if (name.startsWith("io.gatehouse.api.")
                || name.startsWith("org.slf4j.")
                || name.startsWith("org.jspecify.annotations.")) {
            return true;
        }
        if (internals && (name.startsWith("io.vertx.") || name.startsWith("io.netty."))) {
            return true;
        }
        if (SHARED_CLASSES.contains(name)) {
            return true;
        }
        int nested = name.indexOf('$');
        return nested > 0 && SHARED_CLASSES.contains(name.substring(0, nested));
    }
}
