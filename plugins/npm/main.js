#!/usr/bin/env node
// A vendor of workers that are published as npm packages; see README.md.
import { serve } from './host.js';
import { vendor } from './npm.js';

serve(vendor);
