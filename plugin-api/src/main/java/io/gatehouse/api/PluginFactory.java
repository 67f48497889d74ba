package io.gatehouse.api;

import io.gatehouse.api.config.Problems;
import java.util.OptionalInt;

/**
 * Makes the {@link Plugin} instances of one plugin name. Listed in {@code META-INF/services/io.gatehouse.api.PluginFactory}
 * of its JAR and made once per loaded JAR.
 *
 * <pre>{@code
 * public final class HelloFactory implements PluginFactory<HelloConfig> {
 *   public String name() { return "hello"; }
 *   public int priority() { return 500; }
 *   public Class<HelloConfig> configType() { return HelloConfig.class; }
 *   public Plugin create(HelloConfig config, PluginContext context) {
 *     return new Plugin() {
 *       public Future<Response> intercept(Request request, Next next) {
 *         return next.proceed(request).map(r -> { r.headers().set("X-Hello", config.greeting()); return r; });
 *       }
 *     };
 *   }
 * }
 * }</pre>
 *
 * <p>Thread rule: {@code start}, {@code create} and {@code stop} run off the event loops, one call at a time and within
 * a time limit; they may block. {@code validate} must be pure: it also runs offline, without a gateway.
 *
 * @param <C> the configuration record; its components carry the annotations of {@code io.gatehouse.api.config}
 */
@ExtensionPoint
public interface PluginFactory<C extends Record> {
    /** The name users write in YAML, such as {@code key-auth}. Unique among all loaded JARs. */
    String name();

    /** Where the plugin stands in the chain, on Kong's scale: the higher, the further out. */
    int priority();

    /** The configuration record. */
    Class<C> configType();

    /**
     * Where {@link Plugin#admit} is linked, on the scale of {@link #priority}; empty when the plugin does not admit.
     * An admitting plugin checks a request early, outside of plugins that would otherwise answer it from a cache.
     */
    default OptionalInt outerPriority() {
        return OptionalInt.empty();
    }

    /** Adds what is wrong with a configuration beyond what its annotations say. Pure; a throw refuses the config. */
    default void validate(C config, Problems problems) {}

    /** Called once per loaded JAR before the first {@link #create}. A throw refuses the configuration. */
    default void start(FactoryContext context) throws Exception {}

    /**
     * Makes the instance for one configured entity. Equal configurations with the same scope keep their instance over
     * a reload. A throw refuses the configuration as a whole; the old one stays live.
     */
    Plugin create(C config, PluginContext context) throws Exception;

    /** Called once when the JAR is unloaded, after the last instance was closed. */
    default void stop() throws Exception {}
}
