package io.gatehouse.core.snapshot;

import io.gatehouse.api.Next;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.PluginInstance;
import io.gatehouse.core.exchange.PluginSlot;
import io.gatehouse.core.exchange.PluginTier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * The plugin instances of a snapshot by name and place, and the slots and chains that routes with the same plugins share. An
 * edit makes another one that shares the places it did not touch. Used by the thread that builds snapshots only.
 */
final class PluginIndex {
    /** Where an entity applies, but for consumers and groups. */
    private record Place(@Nullable String route, @Nullable String service) {
        static Place of(PluginEntity entity) {
            return new Place(entity.routeId(), entity.serviceId());
        }
    }

    /** What is configured for one place. */
    private static final class Cell {
        private static final Cell EMPTY = new Cell(null, Map.of(), Map.of());

        private final SnapshotBuilder.@Nullable Placed anyone;
        private final Map<String, SnapshotBuilder.Placed> byConsumer;
        private final Map<String, SnapshotBuilder.Placed> byGroup;
        private @Nullable PluginTier tier;
        private List<Cell> where = List.of();
        private @Nullable PluginSlot slot;

        Cell(
                SnapshotBuilder.@Nullable Placed anyone,
                Map<String, SnapshotBuilder.Placed> byConsumer,
                Map<String, SnapshotBuilder.Placed> byGroup) {
            this.anyone = anyone;
            this.byConsumer = byConsumer;
            this.byGroup = byGroup;
        }

        boolean isEmpty() {
            return anyone == null && byConsumer.isEmpty() && byGroup.isEmpty();
        }

        PluginTier tier() {
            PluginTier made = tier;
            if (made == null) {
                made = this == EMPTY
                        ? PluginTier.EMPTY
                        : new PluginTier(
                                anyone == null ? null : anyone.plugin().instance(),
                                instances(byConsumer),
                                instances(byGroup));
                tier = made;
            }
            return made;
        }

        private static Map<String, PluginInstance> instances(Map<String, SnapshotBuilder.Placed> placed) {
            Map<String, PluginInstance> instances = new HashMap<>(2 * placed.size());
            placed.forEach((id, one) -> instances.put(id, one.plugin().instance()));
            return instances;
        }
    }

    /** A cell that is being changed. */
    private static final class Draft {
        private SnapshotBuilder.@Nullable Placed anyone;
        private final Map<String, SnapshotBuilder.Placed> byConsumer;
        private final Map<String, SnapshotBuilder.Placed> byGroup;

        Draft(Cell from) {
            anyone = from.anyone;
            byConsumer = new HashMap<>(from.byConsumer);
            byGroup = new HashMap<>(from.byGroup);
        }

        void remove(SnapshotBuilder.Placed old) {
            PluginEntity entity = old.entity();
            if (entity.consumerId() != null) {
                byConsumer.remove(entity.consumerId(), old);
            } else if (entity.consumerGroupId() != null) {
                byGroup.remove(entity.consumerGroupId(), old);
            } else if (old.equals(anyone)) {
                anyone = null;
            }
        }

        void add(SnapshotBuilder.Placed fresh) {
            PluginEntity entity = fresh.entity();
            String group = entity.consumerGroupId();
            if (entity.consumerId() != null) {
                byConsumer.put(entity.consumerId(), fresh);
            } else if (group != null) {
                byGroup.put(group, fresh);
            } else {
                anyone = fresh;
            }
        }

        Cell cell() {
            return new Cell(
                    anyone, byConsumer.isEmpty() ? Map.of() : byConsumer, byGroup.isEmpty() ? Map.of() : byGroup);
        }
    }

    /** All instances of one plugin. */
    private record Named(PluginFactory<?> factory, PMap<Place, Cell> cells) {
        Cell at(@Nullable String route, @Nullable String service) {
            return cells.getOrDefault(new Place(route, service), Cell.EMPTY);
        }
    }

    private final Map<String, Named> byName;
    private final Set<String> touchedRoutes = new HashSet<>();
    private final Set<String> touchedServices = new HashSet<>();
    private boolean touchesAll;

    private PluginIndex(Map<String, Named> byName) {
        this.byName = byName;
    }

    /** Sorts instances by where they apply. */
    static PluginIndex of(Collection<SnapshotBuilder.Placed> placed) {
        PluginIndex index = new PluginIndex(new TreeMap<>()).with(List.of(), placed);
        index.touchesAll = true;
        return index;
    }

    /**
     * The index without some instances and with others, of the same plugins.
     *
     * @param out with the entities that they were placed for
     */
    PluginIndex with(Collection<SnapshotBuilder.Placed> out, Collection<SnapshotBuilder.Placed> in) {
        PluginIndex next = new PluginIndex(new TreeMap<>(byName));
        Map<String, Map<Place, Draft>> drafts = new LinkedHashMap<>();
        out.forEach(one -> draft(one, drafts).remove(one));
        in.forEach(one -> {
            draft(one, drafts).add(one);
            next.byName.computeIfAbsent(
                    one.entity().name(), name -> new Named(one.plugin().known().factory(), HashTreePMap.empty()));
        });
        drafts.forEach((name, places) -> {
            Named named = next.byName.get(name);
            if (named != null) {
                PMap<Place, Cell> cells = named.cells;
                for (Map.Entry<Place, Draft> place : places.entrySet()) {
                    Cell cell = place.getValue().cell();
                    cells = cell.isEmpty() ? cells.minus(place.getKey()) : cells.plus(place.getKey(), cell);
                    next.touch(place.getKey());
                }
                if (cells.isEmpty()) {
                    next.byName.remove(name);
                } else {
                    next.byName.put(name, new Named(named.factory, cells));
                }
            }
        });
        return next;
    }

    private Draft draft(SnapshotBuilder.Placed placed, Map<String, Map<Place, Draft>> drafts) {
        String name = placed.entity().name();
        return drafts.computeIfAbsent(name, any -> new HashMap<>())
                .computeIfAbsent(Place.of(placed.entity()), place -> {
                    Named named = byName.get(name);
                    return new Draft(named == null ? Cell.EMPTY : named.cells.getOrDefault(place, Cell.EMPTY));
                });
    }

    private void touch(Place place) {
        if (place.route != null) {
            touchedRoutes.add(place.route);
        } else if (place.service != null) {
            touchedServices.add(place.service);
        } else {
            touchesAll = true;
        }
    }

    /** Whether other plugins than in the snapshot before may apply to any route; not once it is settled. */
    boolean touchesAll() {
        return touchesAll;
    }

    /** The ids of routes to which other plugins apply than in the snapshot before; none once it is settled. */
    Set<String> touchedRoutes() {
        return Collections.unmodifiableSet(touchedRoutes);
    }

    /** The ids of services to whose routes other plugins may apply; none once it is settled. */
    Set<String> touchedServices() {
        return Collections.unmodifiableSet(touchedServices);
    }

    /** The snapshot is made. */
    void settle() {
        touchesAll = false;
        touchedRoutes.clear();
        touchedServices.clear();
    }

    /** The names of the plugins that have instances, in their order. */
    Set<String> names() {
        return Collections.unmodifiableSet(byName.keySet());
    }

    /** The slots of requests without a route. */
    List<PluginSlot> unmatched() {
        List<PluginSlot> slots = new ArrayList<>();
        collect(null, null, slots);
        return slots;
    }

    /**
     * Finds the slots of a route, or of requests without one.
     *
     * @return whether a plugin of the route itself is among them
     */
    private boolean collect(@Nullable String route, @Nullable String service, List<PluginSlot> slots) {
        boolean own = false;
        for (Map.Entry<String, Named> entry : byName.entrySet()) {
            Named named = entry.getValue();
            Cell both = route == null || service == null ? Cell.EMPTY : named.at(route, service);
            Cell ofRoute = route == null ? Cell.EMPTY : named.at(route, null);
            Cell ofService = service == null ? Cell.EMPTY : named.at(null, service);
            List<Cell> cells = List.of(both, ofRoute, ofService, named.at(null, null));
            for (int i = 0; i < cells.size(); i++) {
                if (cells.get(i) != Cell.EMPTY) {
                    slots.add(slot(entry.getKey(), named.factory, cells.get(i), cells));
                    own |= i < 2;
                    break;
                }
            }
        }
        return own;
    }

    /** All routes for which a cell is the nearest have the same ones behind it, so that it knows their slot. */
    private static PluginSlot slot(String name, PluginFactory<?> factory, Cell nearest, List<Cell> cells) {
        PluginSlot known = nearest.slot;
        if (known == null || !nearest.where.equals(cells)) {
            known = slot(name, factory, cells);
            nearest.where = cells;
            nearest.slot = known;
        }
        return known;
    }

    private static PluginSlot slot(String name, PluginFactory<?> factory, List<Cell> cells) {
        PluginSlot.Ordering ordering = PluginSlot.Ordering.NONE;
        for (Cell cell : cells) {
            if (cell.anyone != null) {
                ordering = Orderings.of(cell.anyone.entity());
                break;
            }
        }
        return new PluginSlot(
                name,
                factory.priority(),
                factory.outerPriority(),
                ordering,
                cells.get(0).tier(),
                cells.get(1).tier(),
                cells.get(2).tier(),
                cells.get(3).tier());
    }

    /** The chain of a route: that of the other routes of its service, unless it has plugins of its own. */
    Chain chain(String route, @Nullable ServicePlan service, @Nullable Balancer balancer, Supplier<Next> innermost) {
        List<PluginSlot> slots = new ArrayList<>(byName.size());
        boolean own = collect(route, service == null ? null : service.facts().id(), slots);
        return own || service == null
                ? new Chain(slots, innermost.get())
                : service.chain(slots, balancer, () -> new Chain(slots, innermost.get()));
    }
}
