# The work is done in scripts/; each target is one of them.
.PHONY: run dev test check chaos bench e2e help

run: ## build everything and start the app on http://127.0.0.1:3000 (or SITE_ADDR)
	@scripts/run
dev: ## rebuild, restart and reload open pages on every change
	@scripts/dev
test: ## everything: lints, both builds, rules, pipeline, SQL contract, server, browser; needs nothing installed
	@scripts/test
check: ## format and lints of both halves, nothing else
	@scripts/check
chaos: ## the fault suite: SEEDS=100 for more than ten, SEED=7 for one
	@scripts/chaos
bench: ## all measured figures, beside rivals and limits (docs/benchmarks.md); ARMS="P1 P4" for some
	@scripts/bench $(ARMS)
e2e: ## the browser tests alone, ARGS are Playwright's
	@scripts/e2e $(ARGS)
help: ## this list
	@sed -n 's/^\([a-z0-9]*\): ## /  make \1\t/p' Makefile
