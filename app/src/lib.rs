//! Pages, components and server functions: the same code on the server and in the browser.
