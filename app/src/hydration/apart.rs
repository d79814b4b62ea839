//! A view that waits for its turn.

use std::{cell::RefCell, mem, rc::Rc};

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        renderer::types::{Element, Node},
        view::{
            Mountable, Position, PositionState, Render, RenderHtml,
            add_attr::AddAnyAttr,
            any_view::{AnyView, AnyViewState},
        },
    },
};
use wasm_bindgen::JsCast;

use super::work;

type Make = Box<dyn FnOnce() -> AnyView + Send>;

pub(super) struct Apart(Make);

impl Apart {
    pub(super) fn new(make: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self(Box::new(make))
    }

    fn view(self) -> AnyView {
        (self.0)()
    }
}

/// What is, or will be, in the document.
pub(super) struct ApartState(Rc<RefCell<Stage>>);

enum Stage {
    /// Rendered by the server.
    Waiting {
        element: Element,
        make: Make,
        owner: Owner,
    },
    /// Between the two.
    Underway(Element),
    Alive(AnyViewState),
}

impl ApartState {
    fn alive(state: AnyViewState) -> Self {
        Self(Rc::new(RefCell::new(Stage::Alive(state))))
    }

    fn take_over(&self) {
        let element = match &*self.0.borrow() {
            Stage::Waiting { element, .. } => element.clone(),
            _ => return,
        };
        let waiting = mem::replace(&mut *self.0.borrow_mut(), Stage::Underway(element.clone()));
        if let Stage::Waiting { make, owner, .. } = waiting {
            let position = PositionState::new(Position::Current);
            let alive = owner.with(|| make().hydrate::<true>(&Cursor::new(element), &position));
            *self.0.borrow_mut() = Stage::Alive(alive);
        }
    }
}

impl Render for Apart {
    type State = ApartState;

    fn build(self) -> ApartState {
        ApartState::alive(self.view().build())
    }

    fn rebuild(self, state: &mut ApartState) {
        state.take_over();
        if let Stage::Alive(alive) = &mut *state.0.borrow_mut() {
            self.view().rebuild(alive);
        }
    }
}

impl Mountable for ApartState {
    fn unmount(&mut self) {
        match &mut *self.0.borrow_mut() {
            Stage::Waiting { element, .. } | Stage::Underway(element) => element.unmount(),
            Stage::Alive(state) => state.unmount(),
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        match &mut *self.0.borrow_mut() {
            Stage::Waiting { element, .. } | Stage::Underway(element) => {
                element.mount(parent, marker);
            }
            Stage::Alive(state) => state.mount(parent, marker),
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match &*self.0.borrow() {
            Stage::Waiting { element, .. } | Stage::Underway(element) => {
                element.insert_before_this(child)
            }
            Stage::Alive(state) => state.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        match &*self.0.borrow() {
            Stage::Waiting { element, .. } | Stage::Underway(element) => vec![element.clone()],
            Stage::Alive(state) => state.elements(),
        }
    }
}

impl AddAnyAttr for Apart {
    type Output<A: Attribute> = <AnyView as AddAnyAttr>::Output<A>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        self.view().add_any_attr(attribute)
    }
}

impl RenderHtml for Apart {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> AnyView {
        self.view()
    }

    fn to_html_with_buf(
        self,
        buffer: &mut String,
        position: &mut Position,
        escape: bool,
        mark: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.view()
            .to_html_with_buf(buffer, position, escape, mark, attributes);
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> ApartState {
        match position.get() {
            Position::FirstChild => cursor.child(),
            Position::Current => {}
            _ => cursor.sibling(),
        }
        let found = cursor.current().dyn_into::<Element>();
        let (Ok(element), Some(owner)) = (found, Owner::current()) else {
            position.set(Position::Current);
            return ApartState::alive(self.view().hydrate::<true>(cursor, position));
        };
        position.set(Position::NextChild);
        let state = Rc::new(RefCell::new(Stage::Waiting {
            element,
            make: self.0,
            owner,
        }));
        let known = Rc::downgrade(&state);
        work::later(move || {
            // It may have left the page before its turn.
            if let Some(state) = known.upgrade() {
                ApartState(state).take_over();
            }
        });
        ApartState(state)
    }

    fn into_owned(self) -> Self {
        self
    }
}
