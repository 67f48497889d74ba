package io.gatehouse.core.exchange;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.Request;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is done for the exchanges of one route: its plugins in order, linked once when the snapshot is built.
 *
 * <p>Immutable.
 */
public final class Plan {
    /** Never shown in logs, whatever plugins are in effect. */
    private static final Set<String> ALWAYS_REDACTED =
            Set.of("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key");

    private final @Nullable Route route;
    private final @Nullable Service service;
    private final PluginSlot[] slots;
    private final Next chain;
    private final Redaction redaction;

    /**
     * Links a plan.
     *
     * @param route null for requests that match no route: then only the slots' logs run
     * @param slots in any order
     * @param innermost what the last plugin calls
     */
    public Plan(@Nullable Route route, @Nullable Service service, List<PluginSlot> slots, Next innermost) {
        this.route = route;
        this.service = service;
        List<PluginSlot> ordered = new ArrayList<>(slots);
        ordered.sort(Comparator.comparingInt(PluginSlot::priority)
                .reversed()
                .thenComparing(Comparator.comparing(PluginSlot::name).reversed()));
        this.slots = ordered.toArray(PluginSlot[]::new);
        this.chain = link(innermost);
        this.redaction = redaction(ordered);
    }

    @Nullable
    Route route() {
        return route;
    }

    @Nullable
    Service service() {
        return service;
    }

    Redaction redaction() {
        return redaction;
    }

    Next chain() {
        return chain;
    }

    int size() {
        return slots.length;
    }

    PluginSlot slot(int index) {
        return slots[index];
    }

    private Next link(Next innermost) {
        record Place(int priority, String name, int slot, boolean admits) {}
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < slots.length; i++) {
            PluginSlot slot = slots[i];
            if (overrides(slot, "intercept")) {
                places.add(new Place(slot.priority(), slot.name(), i, false));
            }
            if (slot.outerPriority().isPresent() && overrides(slot, "admit")) {
                places.add(new Place(slot.outerPriority().getAsInt(), slot.name(), i, true));
            }
        }
        // innermost first: each place wraps what is inside of it
        places.sort(Comparator.comparingInt(Place::priority).thenComparing(Place::name));
        Next next = innermost;
        for (Place place : places) {
            next = new Link(place.slot(), place.name(), place.admits(), next);
        }
        return next;
    }

    private static boolean overrides(PluginSlot slot, String method) {
        for (PluginInstance instance : slot.instances()) {
            try {
                if (instance.plugin()
                                .getClass()
                                .getMethod(method, Request.class, Next.class)
                                .getDeclaringClass()
                        != Plugin.class) {
                    return true;
                }
            } catch (NoSuchMethodException e) {
                throw new LinkageError("plugin " + slot.name() + ": built against another plugin API", e);
            }
        }
        return false;
    }

    private static Redaction redaction(List<PluginSlot> slots) {
        Set<String> headers = new HashSet<>(ALWAYS_REDACTED);
        Set<String> arguments = new HashSet<>();
        Set<String> fields = new HashSet<>();
        for (PluginSlot slot : slots) {
            for (PluginInstance instance : slot.instances()) {
                lowerCased(instance.reads().headers(), headers);
                lowerCased(instance.reads().queryArguments(), arguments);
                lowerCased(instance.reads().bodyFields(), fields);
            }
        }
        return new Redaction(headers, arguments, fields);
    }

    private static void lowerCased(Set<String> names, Set<String> into) {
        for (String name : names) {
            into.add(name.toLowerCase(Locale.ROOT));
        }
    }
}
