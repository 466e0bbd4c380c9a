//! The journal against a real Redis: every move, and that none goes back.
