import type { Change } from "./kube/cache.ts";
import { controllerOf, type Key, type KubeObject, keyOf, type Resource } from "./kube/object.ts";
import { asksForMore } from "./reconcile/asks-for-more.ts";
import type { LiveComponent } from "./reconcile/component.ts";
import type { LiveComposition } from "./reconcile/run.ts";
import type { View } from "./reconcile/view.ts";
import type { Queue } from "./runtime/queue.ts";
import { byComponent, byInput, byNotOwned, type World } from "./world.ts";

/** What is known of everything that is watched, with our own writes. */
export interface Views {
  readonly components: View<LiveComponent>;
  readonly compositions: View<LiveComposition>;
  readonly owned: ReadonlyMap<Resource, View>;
}

/** A queue a kind. */
export interface Queues {
  readonly component: Queue;
  readonly composition: Queue;
}

/** Turns changes into keys; nothing else happens in a listener. */
export function wakeOnChanges(world: World, views: Views, queues: Queues): void {
  world.components.onChange((change) => {
    const echo = views.components.take(change);
    const key = keyOf(change.object);
    if (!echo && wantsMore(change)) wake(queues.component, change);
    // A Composition that waits for it, or that has to be told that it is gone.
    if (change.type !== "updated")
      for (const user of world.compositions.byIndex(byComponent, key)) queues.composition.add(keyOf(user));
  });
  world.compositions.onChange((change) => {
    if (!views.compositions.take(change) && wantsMore(change)) wake(queues.composition, change);
  });
  for (const [cache, view] of [
    [world.components, views.components],
    [world.compositions, views.compositions],
  ] as const)
    cache.onListed((list) => void view.takeList(list));
  wakeOnOwned(world, views, queues.composition);
  for (const [kind, cache] of [
    ["ConfigMap", world.configMaps],
    ["Secret", world.secrets],
  ] as const) {
    cache.onChange(({ object }) => {
      const input = `${kind} ${keyOf(object)}`;
      for (const user of world.compositions.byIndex(byInput, input)) queues.composition.add(keyOf(user));
      for (const user of world.components.byIndex(byInput, input)) queues.component.add(keyOf(user));
    });
  }
}

/** An object of ours wakes its owner; one that goes makes room for those that found it in their place. */
function wakeOnOwned(world: World, views: Views, queue: Queue): void {
  const wakeOwner = (object: KubeObject): void => {
    const owner = controllerOf(object);
    if (owner?.kind === "Composition") queue.add(`${object.metadata.namespace}/${owner.name}`);
  };
  const makeRoom = ({ type, object }: Change<KubeObject>): void => {
    if (type !== "deleted") return;
    for (const one of world.compositions.byIndex(byNotOwned, object.metadata.namespace ?? "")) queue.add(keyOf(one));
  };
  for (const [resource, cache] of world.owned) {
    const view = views.owned.get(resource);
    cache.onChange((change) => {
      if (view?.take(change) !== true) wakeOwner(change.object);
      makeRoom(change);
    });
    cache.onListed((list) => view?.takeList(list).forEach(wakeOwner));
  }
  for (const cache of world.others.values()) {
    cache.onChange((change) => {
      // Somebody took our label off it.
      wakeOwner(change.object);
      makeRoom(change);
    });
  }
  world.configMaps.onChange(makeRoom);
}

function wantsMore({ type, object, old }: Change<KubeObject>): boolean {
  return type !== "updated" || old === undefined || asksForMore(old, object);
}

/** A new spec does not wait for what an old one was told to wait for. */
function wake(queue: Queue, { object, old }: Change<KubeObject>): void {
  const key = keyOf(object);
  if (object.metadata.generation !== old?.metadata.generation) queue.forget(key);
  queue.add(key);
}

/** Those that run come first: after the store was lost, their pods may need what they load at any time. */
export function inOrderOfNeed(world: World): Key[] {
  const runs = ({ status }: LiveComposition): number => (status?.artifact === undefined ? 1 : 0);
  return [...world.compositions.list()].sort((a, b) => runs(a) - runs(b)).map(keyOf);
}
