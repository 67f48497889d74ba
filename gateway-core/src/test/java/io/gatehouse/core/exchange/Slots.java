package io.gatehouse.core.exchange;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** Slots for tests. */
final class Slots {
    private Slots() {}

    private static final class Intercepting implements Plugin {
        @Override
        public Future<Response> intercept(Request request, Next next) {
            return next.proceed(request);
        }
    }

    private static final class Admitting implements Plugin {
        @Override
        public Future<Response> admit(Request request, Next next) {
            return next.proceed(request);
        }

        @Override
        public Future<Response> intercept(Request request, Next next) {
            return next.proceed(request);
        }
    }

    private static final class Logging implements Plugin {}

    static PluginInstance instance(String id, Plugin plugin) {
        return new PluginInstance(id, id, plugin, new Redaction(Set.of(), Set.of(), Set.of()));
    }

    static PluginInstance logging(String id) {
        return instance(id, new Logging());
    }

    /** One instance for anyone, everywhere. */
    private static PluginSlot slot(
            String name, int priority, OptionalInt outer, Plugin plugin, List<String> before, List<String> after) {
        return new PluginSlot(
                name,
                priority,
                outer,
                new PluginSlot.Ordering(before, after),
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                new PluginTier(instance(name, plugin), Map.of(), Map.of()));
    }

    static PluginSlot intercepting(String name, int priority, List<String> before, List<String> after) {
        return slot(name, priority, OptionalInt.empty(), new Intercepting(), before, after);
    }

    static PluginSlot admitting(String name, int outer, int priority, List<String> before, List<String> after) {
        return slot(name, priority, OptionalInt.of(outer), new Admitting(), before, after);
    }
}
