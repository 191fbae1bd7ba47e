//! Every plugin in every host: the grid of languages, versions built for and versions run on.
