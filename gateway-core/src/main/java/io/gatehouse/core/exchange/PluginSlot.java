package io.gatehouse.core.exchange;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Directory;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The place of one plugin name in a chain. It picks the most specific instance, by Kong's twelve levels, for the consumer
 * that is known when it is reached; the pick then holds for the exchange. Immutable.
 */
public final class PluginSlot {
    private static final ClassValue<Boolean> INTERCEPTS = overriding("intercept");
    private static final ClassValue<Boolean> ADMITS = overriding("admit");

    private final String name;
    private final int priority;
    private final OptionalInt outerPriority;
    private final Ordering ordering;
    private final PluginTier routeAndService;
    private final PluginTier route;
    private final PluginTier service;
    private final PluginTier everywhere;
    private final @Nullable PluginInstance anyone;
    private final boolean personal;
    private final boolean grouped;
    private final boolean intercepts;
    private final boolean admits;

    /**
     * Where a plugin wants to act, other than its priority says.
     *
     * @param before names of the plugins that act after it
     * @param after names of the plugins that act before it
     */
    public record Ordering(List<String> before, List<String> after) {
        /** As the priority says. */
        public static final Ordering NONE = new Ordering(List.of(), List.of());

        /** Copies the lists. */
        public Ordering {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }

        boolean isNone() {
            return before.isEmpty() && after.isEmpty();
        }
    }

    /**
     * Makes a slot.
     *
     * @param ordering of the instance that applies to anyone
     * @param routeAndService what is configured for the route and its service together
     * @param route what is configured for the route
     * @param service what is configured for the service
     * @param everywhere what is configured without either
     */
    public PluginSlot(
            String name,
            int priority,
            OptionalInt outerPriority,
            Ordering ordering,
            PluginTier routeAndService,
            PluginTier route,
            PluginTier service,
            PluginTier everywhere) {
        this.name = name;
        this.priority = priority;
        this.outerPriority = outerPriority;
        this.ordering = ordering;
        this.routeAndService = routeAndService;
        this.route = route;
        this.service = service;
        this.everywhere = everywhere;
        this.anyone =
                first(routeAndService.anyone(), first(route.anyone(), first(service.anyone(), everywhere.anyone())));
        this.personal =
                routeAndService.isPersonal() || route.isPersonal() || service.isPersonal() || everywhere.isPersonal();
        this.grouped =
                routeAndService.hasGroups() || route.hasGroups() || service.hasGroups() || everywhere.hasGroups();
        boolean intercepting = false;
        boolean admitting = false;
        for (PluginInstance instance : instances()) {
            intercepting |= INTERCEPTS.get(instance.plugin().getClass());
            admitting |= ADMITS.get(instance.plugin().getClass());
        }
        this.intercepts = intercepting;
        this.admits = admitting && outerPriority.isPresent();
    }

    private static @Nullable PluginInstance first(@Nullable PluginInstance one, @Nullable PluginInstance other) {
        return one != null ? one : other;
    }

    private static ClassValue<Boolean> overriding(String method) {
        return new ClassValue<>() {
            @Override
            protected Boolean computeValue(Class<?> type) {
                try {
                    return type.getMethod(method, Request.class, Next.class).getDeclaringClass() != Plugin.class;
                } catch (NoSuchMethodException e) {
                    throw new LinkageError("plugin " + type.getName() + ": built against another plugin API", e);
                }
            }
        };
    }

    String name() {
        return name;
    }

    int priority() {
        return priority;
    }

    int outerPriority() {
        return outerPriority.orElse(priority);
    }

    Ordering ordering() {
        return ordering;
    }

    /** Whether one of its instances acts on requests. */
    boolean intercepts() {
        return intercepts;
    }

    /** Whether one of its instances admits requests. */
    boolean admits() {
        return admits;
    }

    /** Whether the pick depends on the consumer. */
    boolean isPersonal() {
        return personal;
    }

    /** Every instance that may be picked here. */
    Collection<PluginInstance> instances() {
        Set<PluginInstance> all = new LinkedHashSet<>(routeAndService.instances());
        all.addAll(route.instances());
        all.addAll(service.instances());
        all.addAll(everywhere.instances());
        return all;
    }

    /**
     * Picks for a consumer; null when none applies.
     *
     * @param directory knows the groups of the consumer, by name
     */
    @Nullable
    PluginInstance pick(@Nullable Consumer consumer, Directory directory) {
        if (consumer == null || !personal) {
            return anyone;
        }
        return pick(consumer.id(), grouped ? directory.groups(consumer) : List.of());
    }

    private @Nullable PluginInstance pick(String consumer, List<ConsumerGroup> groups) {
        PluginInstance found = routeAndService.consumer(consumer);
        if (found == null) {
            found = routeAndService.group(groups);
        }
        if (found == null) {
            found = route.consumer(consumer);
        }
        if (found == null) {
            found = service.consumer(consumer);
        }
        if (found == null) {
            found = route.group(groups);
        }
        if (found == null) {
            found = service.group(groups);
        }
        if (found == null) {
            found = routeAndService.anyone();
        }
        if (found == null) {
            found = everywhere.consumer(consumer);
        }
        if (found == null) {
            found = everywhere.group(groups);
        }
        return found == null ? anyone : found;
    }
}
